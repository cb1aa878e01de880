package routing_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// A table with one line sends every message to one destination; a backup would
// be a second one of the route.
func ExampleService_Handle() {
	u, _ := uritable.Parse("http://backend:9000/orders")
	address, _ := addressing.New(u)
	plain := &binding.Binding{Version: soap.Soap11}
	d, _ := routing.NewDestination(routing.Destination{Name: "orders", Address: address, Binding: plain, Channel: printer{}}, u.String())
	table, _ := filter.NewTable([]filter.Entry[*routing.Route]{{
		Name: "everything", Filter: filter.MatchAll{},
		Value: routing.NewRoute(routing.Route{Filter: "everything", Destinations: []*routing.Destination{d}}),
	}})

	req := binding.NewRequest(decoded(), nil)
	req.Listener = &binding.Listener{Binding: plain}
	req.Properties = addressing.Bare(soap.AddressingNone)
	req.Retain() // for the decision, below
	defer req.Release()
	reply, err := routing.NewService(table).Handle(context.Background(), req)
	fmt.Println(reply, err)
	fmt.Println(req.Decision.Route.Name, "->", req.Decision.Attempts[0].Endpoint)
	// Output:
	// <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Place/></s:Body></s:Envelope>
	// <nil> <nil>
	// everything -> orders
}

func decoded() *soap.Envelope {
	env, err := soap.Decode(context.Background(), strings.NewReader(place), soap.DecodeOptions{Version: soap.Soap11, Size: int64(len(place))})
	if err != nil {
		panic(err)
	}
	return env
}

// printer is a back end that accepts what it prints.
type printer struct{}

func (printer) Close() error { return nil }

func (printer) Request(_ context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	defer out.Draft.Close()
	_, err := out.Draft.WriteTo(os.Stdout)
	fmt.Println()
	return nil, err
}

// Judge says what follows a failed attempt.
func ExampleJudge() {
	cut := &binding.SendError{Kind: binding.Aborted, Delivery: binding.Unknown}
	fmt.Println(routing.Judge(routing.Outcome{Err: cut, Replayable: true}))
	fmt.Println(routing.Judge(routing.Outcome{Err: cut, Replayable: true, Backups: true, Left: 1}))
	fmt.Println(routing.Judge(routing.Outcome{Err: cut, Replayable: true, Backups: true, Left: 1, Repeated: true}))
	// Output:
	// fail
	// again
	// next
}
