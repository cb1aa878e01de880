package hosting_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// A host finds the listener of a message; its dispatch finds the endpoint and
// asks the service.
func ExampleHost() {
	uri, _ := uritable.Parse("http://edge:8000/orders")
	address, _ := addressing.New(uri)
	plain := &binding.Binding{Version: soap.Soap11}
	ep := &endpoint.Endpoint{Name: "orders", Address: address, Binding: plain, Contract: endpoint.AnyContract()}
	table, _ := endpoint.NewTable([]*endpoint.Endpoint{ep}, endpoint.Exact)

	snapshot := hosting.NewSnapshot()
	host := hosting.NewHost(snapshot)
	d := &hosting.Dispatch{
		Host: host, Endpoints: table, Version: plain.Version,
		Services: map[*endpoint.Endpoint]*hosting.Service{ep: {Name: "Contoso.Orders", Handler: binding.HandlerFunc(echo)}},
	}
	_ = snapshot.Add(uri, &binding.Listener{Name: "orders", Binding: plain, Handler: d, Fault: d.Fault})

	const text = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Place/></s:Body></s:Envelope>`
	env, _ := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: plain.Version, Size: int64(len(text))})
	req := binding.NewRequest(env, nil)
	req.Via, req.Action = uri, "urn:orders/Place"
	req.Listener = host.Listener(uri)
	reply, err := req.Listener.Handler.Handle(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reply.Draft.Close()
	_, _ = reply.Draft.WriteTo(os.Stdout)
	// Output: <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Place/></s:Body></s:Envelope>
}
