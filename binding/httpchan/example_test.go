package httpchan_test

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// A front whose one handler answers each message with a message of its own, and
// a channel that asks it.
func Example() {
	enc := textxml.New(soap.Soap11, binding.UTF8)
	front := httpchan.NewFront(everywhere(&binding.Listener{
		Binding: &binding.Binding{Version: soap.Soap11, KeepAlive: true},
		Encoder: enc,
		Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
			defer req.Release()
			fmt.Println("asked for", req.Action)
			return &binding.Reply{Draft: soap.NewMessage(soap.Soap11, []byte(`<Pong xmlns="urn:p"/>`))}, nil
		}),
	}), httpchan.FrontOptions{})
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- front.Serve(context.Background(), socket) }()

	via, _ := uritable.Parse("http://" + socket.Addr().String() + "/ping")
	pool := http1.NewPool(http1.Target{Address: socket.Addr().String()}, http1.Options{})
	channel := httpchan.NewChannel(httpchan.ChannelOptions{Via: via, Pool: pool, Encoder: enc})
	in, err := channel.Request(context.Background(), &binding.Outgoing{
		Draft: soap.NewMessage(soap.Soap11, []byte(`<Ping xmlns="urn:p"/>`)), Action: "urn:p/Ping",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := soap.NewDraft(in.Envelope)
	in.Release()
	_, _ = answer.WriteTo(os.Stdout)
	answer.Close()
	fmt.Println()

	pool.Close()
	fmt.Println(front.Shutdown(context.Background()), <-served)
	// Output:
	// asked for urn:p/Ping
	// <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Pong xmlns="urn:p"/></s:Body></s:Envelope>
	// <nil> <nil>
}
