#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Programs that do their input and output in ways of their own: io_uring, fio's net
engine, Python's asyncio and ssl, Node with a cluster of processes.
root: programs
kernels: stock
full: 6.1
timeout: 900
"""
import json
import os
import sys

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402

ASYNCIO = '''
import asyncio, hashlib, os, ssl, sys

async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    writer.close()

async def client(port, context, size):
    reader, writer = await asyncio.open_connection(sys.argv[1], port, ssl=context)
    data, back = os.urandom(size), hashlib.sha256()
    async def receive():
        left = size
        while left:
            part = await reader.read(65536)
            assert part, left
            back.update(part)
            left -= len(part)
    task = asyncio.create_task(receive())
    for i in range(0, size, 50000):
        writer.write(data[i:i + 50000])
        await writer.drain()
    await task
    assert back.digest() == hashlib.sha256(data).digest()
    writer.close()
    await writer.wait_closed()

async def main():
    there = ssl.create_default_context(cafile="cert.pem")
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain("cert.pem", "key.pem")
    plain = await asyncio.start_server(echo, sys.argv[1], 0)
    secret = await asyncio.start_server(echo, sys.argv[1], 0, ssl=here)
    ports = [each.sockets[0].getsockname()[1] for each in (plain, secret)]
    await asyncio.gather(*[client(port, context, size) for size in (1, 70000, 400000)
                           for port, context in zip(ports, (None, there))
                           for _ in range(4)])
    # A file by sendfile(), and nobody there.
    async def send_file(reader, writer):
        with open("file", "rb") as file:
            await asyncio.get_running_loop().sendfile(writer.transport, file)
        writer.close()
    server = await asyncio.start_server(send_file, sys.argv[1], 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection(sys.argv[1], port)
    with open("file", "rb") as file:
        assert await reader.read() == file.read()
    writer.close()
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection(sys.argv[1], port)
    except ConnectionRefusedError:
        print("all is well")

asyncio.run(asyncio.wait_for(main(), 100))
'''
NODE = '''
const cluster = require("cluster"), http = require("http"), crypto = require("crypto");
const [address, policy] = process.argv.slice(2);
cluster.schedulingPolicy = policy === "shared" ? cluster.SCHED_NONE : cluster.SCHED_RR;
const fail = error => { console.error(error); process.exit(1); };
process.on("unhandledRejection", fail);

function ask(agent, body) {
	return new Promise((done, no) => {
		const request = http.request({ host: address, port: 8300, method: "POST", agent,
			headers: { "Content-Length": body.length } }, response => {
			const parts = [];
			response.on("data", part => parts.push(part));
			response.on("end", () => done([response.headers["x-worker"],
						       Buffer.concat(parts)]));
		});
		request.on("error", no);
		request.end(body);
	});
}

async function clients() {
	const keep = new http.Agent({ keepAlive: true, maxSockets: 4 });
	const workers = new Set();
	for (let round = 0; round < 3; round++)
		await Promise.all([...Array(8).keys()].map(async i => {
			const body = crypto.randomBytes(1 + i * 20000);
			// Half of them on connections that stay.
			const [worker, back] = await ask(i % 2 ? keep : undefined, body);
			if (!body.equals(back))
				fail(`${back.length} bytes of ${body.length}`);
			workers.add(worker);
		}));
	keep.destroy();
	console.log(`workers ${workers.size}`);
	process.exit(0);
}

if (cluster.isPrimary) {
	let listening = 0;
	cluster.on("listening", () => { if (++listening === 2) clients(); });
	cluster.on("exit", (worker, code) => fail(`worker: ${code}`));
	cluster.fork();
	cluster.fork();
} else {
	const server = http.createServer((request, response) => {
		response.setHeader("X-Worker", cluster.worker.id);
		request.pipe(response);
	});
	// Else it ends idle ones after five seconds, maybe just as they are used again.
	server.keepAliveTimeout = 0;
	server.listen(8300, address);
}
'''
FIO = '''
[global]
ioengine=net
protocol=tcp
port=7400
bs=16k
size=8m
pingpong
thread
[receives]
listen
rw=read
[sends]
startdelay=3
hostname={addr}
rw=write
'''


def io_uring(on):
    """io_uring: an echo server and twenty clients"""
    said = on.run(f'{os.environ["NEWINET_BIN"]}/uring_echo', '20', '2000000')
    assert said == '20 clients, 2000000 bytes each\n', said


def fio(on):
    """fio's net engine, eight megabytes there and back"""
    said = on.run('fio', '--output-format=json', on.write('fio.job', FIO))
    jobs = {job['jobname']: job for job in json.loads(said[said.index('{'):])['jobs']}
    assert not jobs['sends']['error'] and not jobs['receives']['error'], said
    assert jobs['sends']['write']['io_bytes'] == 8 << 20, jobs['sends']['write']
    # Its receiver leaves out of its sum what came apart.
    assert jobs['receives']['read']['io_bytes'] > 6 << 20, jobs['receives']['read']


def asyncio(on):
    """Python's asyncio, with and without ssl, and sendfile"""
    programs.certificate(on)
    on.noise('file', 1 << 20)
    said = on.run('python3', on.write('asyncio_echo.py', ASYNCIO), on.addr)
    assert said == 'all is well\n', said


def node(on):
    """Node: a cluster that passes connections to its workers, and one that shares a socket"""
    script = on.write('cluster.js', NODE)
    for policy in 'passed', 'shared':
        said = on.run('node', script, on.addr, policy)
        assert said.startswith('workers'), said
        # Whoever is awake first takes from a shared one.
        assert policy == 'shared' or said == 'workers 2\n', said


programs.main(io_uring, fio, asyncio, node)
