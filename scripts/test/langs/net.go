// SPDX-License-Identifier: GPL-2.0

// An echo server and its clients in Go: plain connections, a listener that was made
// of a descriptor, and HTTP with connections that stay. Every byte is compared.
package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"sync"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func noise(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

func echo(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_, err := io.Copy(conn, conn)
			must(err)
			conn.Close()
		}()
	}
}

func ask(address string, size int) {
	conn, err := net.Dial("tcp4", address)
	must(err)
	data := noise(size)
	go func() {
		_, err := conn.Write(data)
		must(err)
		must(conn.(*net.TCPConn).CloseWrite())
	}()
	back, err := io.ReadAll(conn)
	must(err)
	if !bytes.Equal(data, back) {
		must(fmt.Errorf("%d bytes of %d came back, or others", len(back), size))
	}
	must(conn.Close())
}

func askWeb(address string, size int) {
	data := noise(size)
	answer, err := http.Post("http://"+address+"/", "application/octet-stream",
		bytes.NewReader(data))
	must(err)
	back, err := io.ReadAll(answer.Body)
	must(err)
	answer.Body.Close()
	if !bytes.Equal(data, back) {
		must(fmt.Errorf("%d bytes of %d by HTTP, or others", len(back), size))
	}
}

func main() {
	plain, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	go echo(plain)

	// As a program gets one from whoever started it.
	first, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	file, err := first.(*net.TCPListener).File()
	must(err)
	must(first.Close())
	given, err := net.FileListener(file)
	must(err)
	go echo(given)

	web, err := net.Listen("tcp4", "127.0.0.1:0")
	must(err)
	go http.Serve(web, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		w.Write(body)
	}))

	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		for n, run := range []func(string, int){ask, ask, askWeb} {
			run, size := run, 1+i*40000
			address := []net.Listener{plain, given, web}[n].Addr().String()
			group.Add(1)
			go func() {
				run(address, size)
				group.Done()
			}()
		}
	}
	group.Wait()
	fmt.Println("all is well")
}
