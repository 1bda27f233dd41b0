// SPDX-License-Identifier: GPL-2.0

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * An echo server and its clients in Java: a thread for each connection, one thread with a
 * selector for all, and HTTP. Every byte is compared.
 */
public class Net {
	static final InetAddress HERE = InetAddress.getLoopbackAddress();

	static void inBackground(Callable what) {
		Thread thread = new Thread(() -> {
			try {
				what.call();
			} catch (Exception error) {
				error.printStackTrace();
				System.exit(1);
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	interface Callable {
		void call() throws Exception;
	}

	static int threads() throws IOException {
		ServerSocket listener = new ServerSocket(0, 50, HERE);
		inBackground(() -> {
			while (true) {
				Socket socket = listener.accept();
				inBackground(() -> {
					socket.getInputStream().transferTo(socket.getOutputStream());
					socket.close();
				});
			}
		});
		return listener.getLocalPort();
	}

	static int selector() throws IOException {
		Selector selector = Selector.open();
		ServerSocketChannel listener = ServerSocketChannel.open();
		listener.bind(new InetSocketAddress(HERE, 0));
		listener.configureBlocking(false);
		listener.register(selector, SelectionKey.OP_ACCEPT);
		inBackground(() -> {
			while (true) {
				selector.select();
				for (SelectionKey key : selector.selectedKeys())
					if (key.isAcceptable())
						accept(selector, listener);
					else
						move(key);
				selector.selectedKeys().clear();
			}
		});
		return ((InetSocketAddress) listener.getLocalAddress()).getPort();
	}

	static void accept(Selector selector, ServerSocketChannel listener) throws IOException {
		SocketChannel channel = listener.accept();
		if (channel == null)
			return;
		channel.configureBlocking(false);
		channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocateDirect(16384));
	}

	static void move(SelectionKey key) throws IOException {
		SocketChannel channel = (SocketChannel) key.channel();
		ByteBuffer buffer = (ByteBuffer) key.attachment();
		int n = channel.read(buffer);
		buffer.flip();
		channel.write(buffer);
		boolean more = buffer.hasRemaining();
		buffer.compact();
		if (n < 0 && !more)
			channel.close();
		else
			key.interestOps(more ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
	}

	static int web() throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(HERE, 0), 0);
		server.setExecutor(Executors.newCachedThreadPool(task -> {
			Thread thread = new Thread(task);
			thread.setDaemon(true);
			return thread;
		}));
		server.createContext("/", exchange -> {
			byte[] body = exchange.getRequestBody().readAllBytes();
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
		server.start();
		return server.getAddress().getPort();
	}

	static byte[] ask(int port, byte[] data) throws Exception {
		try (Socket socket = new Socket(HERE, port)) {
			inBackground(() -> {
				socket.getOutputStream().write(data);
				socket.shutdownOutput();
			});
			ByteArrayOutputStream back = new ByteArrayOutputStream();
			socket.getInputStream().transferTo(back);
			return back.toByteArray();
		}
	}

	static void check(byte[] data, byte[] back) {
		if (!Arrays.equals(data, back))
			throw new RuntimeException(back.length + " bytes of " + data.length);
	}

	static byte[] noise(int size) {
		byte[] data = new byte[size];
		new Random().nextBytes(data);
		return data;
	}

	public static void main(String[] args) throws Exception {
		int[] ports = { threads(), selector() };
		URI page = new URI("http://127.0.0.1:" + web() + "/");
		HttpClient client = HttpClient.newHttpClient();
		List<CompletableFuture<?>> all = new ArrayList<>();

		for (int i = 0; i < 6; i++) {
			byte[] data = noise(1 + i * 50000);
			for (int port : ports)
				all.add(CompletableFuture.runAsync(() -> {
					try {
						check(data, ask(port, data));
					} catch (Exception error) {
						throw new RuntimeException(error);
					}
				}));
			all.add(client.sendAsync(HttpRequest.newBuilder(page)
					.version(HttpClient.Version.HTTP_1_1)
					.POST(HttpRequest.BodyPublishers.ofByteArray(data)).build(),
				HttpResponse.BodyHandlers.ofByteArray())
				.thenAccept(answer -> check(data, answer.body())));
		}
		for (CompletableFuture<?> each : all)
			each.get();
		System.out.println("all is well");
		System.exit(0);
	}
}
