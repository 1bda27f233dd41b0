// SPDX-License-Identifier: GPL-2.0

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * Echo serve [ADDRESS]: listens there (everywhere), says on which port, sends back
 * what comes. Echo fetch ADDRESS PORT: sends 200,000 bytes there, and looks at what
 * comes back.
 */
class Echo {
	static void serve(InetAddress address) throws Exception {
		ServerSocket listener = new ServerSocket(0, 50, address);
		System.out.println("port " + listener.getLocalPort());
		while (true) {
			Socket socket = listener.accept();
			new Thread(() -> {
				try (socket) {
					socket.getInputStream().transferTo(socket.getOutputStream());
				} catch (Exception e) {
					System.out.println(e);
				}
			}).start();
		}
	}

	static void fetch(String address, int port) throws Exception {
		byte[] sent = "newinet\n".repeat(25000).getBytes();
		try (Socket socket = new Socket(address, port)) {
			new Thread(() -> {
				try {
					OutputStream out = socket.getOutputStream();
					out.write(sent);
					socket.shutdownOutput();
				} catch (Exception e) {
					System.out.println(e);
				}
			}).start();
			InputStream in = socket.getInputStream();
			if (!Arrays.equals(sent, in.readAllBytes()))
				throw new Exception("other bytes came back");
		}
		System.out.println("good");
	}

	public static void main(String[] args) throws Exception {
		if (args[0].equals("serve"))
			serve(args.length > 1 ? InetAddress.getByName(args[1]) : null);
		else
			fetch(args[1], Integer.parseInt(args[2]));
	}
}
