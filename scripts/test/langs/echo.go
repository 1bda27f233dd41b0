// SPDX-License-Identifier: GPL-2.0

// echo serve ADDRESS: listens there, says on which port, sends back what comes.
// echo fetch ADDRESS: sends 200,000 bytes there, and looks at what comes back.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func serve(address string) {
	listener, err := net.Listen("tcp", address)
	must(err)
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		must(err)
		go func() {
			io.Copy(conn, conn)
			conn.Close()
		}()
	}
}

func fetch(address string) {
	sent := bytes.Repeat([]byte("newinet\n"), 25000)
	conn, err := net.Dial("tcp", address)
	must(err)
	go func() {
		_, err := conn.Write(sent)
		must(err)
		must(conn.(*net.TCPConn).CloseWrite())
	}()
	got, err := io.ReadAll(conn)
	must(err)
	if !bytes.Equal(sent, got) {
		fmt.Println("got", len(got), "other bytes")
		os.Exit(1)
	}
	fmt.Println("good")
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2])
	}
	fetch(os.Args[2])
}
