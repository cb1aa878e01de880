package routing_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// sized is a request with all addressing headers, about size octets long.
func sized(v soap.Version, size int) string {
	ns := v.Addressing.Namespace()
	head := `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + ns + `"><s:Header>`
	if v.Addressing != soap.AddressingNone {
		head += `<a:Action s:mustUnderstand="1">urn:orders/Place</a:Action><a:MessageID>urn:uuid:00000000-0000-1000-8000-000000000001</a:MessageID>` +
			`<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>` +
			`<a:To s:mustUnderstand="1">http://edge:8000/router</a:To>`
	}
	head += `</s:Header><s:Body><o:Place xmlns:o="urn:orders">`
	const tail = `</o:Place></s:Body></s:Envelope>`
	const line = `<o:Line><o:Sku>A-1000</o:Sku><o:Quantity>2</o:Quantity></o:Line>`
	return head + strings.Repeat(line, max(0, size-len(head)-len(tail))/len(line)) + tail
}

// sink is a back end that writes what it gets to nowhere and accepts it.
type sink struct{}

func (sink) Close() error { return nil }

func (sink) Request(_ context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	defer out.Draft.Close()
	_, err := out.Draft.WriteTo(io.Discard)
	return nil, err
}

// BenchmarkService_Handle is a request on its way from the decoder to the wire.
func BenchmarkService_Handle(b *testing.B) {
	for _, pair := range []struct {
		name     string
		from, to soap.Version
	}{
		{"none", soap.Soap12WSAddressing10, soap.Soap12WSAddressing10},
		{"addressing", soap.Soap12WSAddressing10, soap.Soap12WSAddressingAugust2004},
		{"envelope", soap.Soap12WSAddressing10, soap.Soap11},
	} {
		for _, size := range []int{1 << 10, 100 << 10} {
			b.Run(fmt.Sprintf("bridge=%s/size=%dk", pair.name, size>>10), func(b *testing.B) {
				a, err := addressing.New(parse(b, "http://backend:9000/orders"))
				require.NoError(b, err)
				d, err := routing.NewDestination(routing.Destination{
					Name: "backend", Address: a, Channel: sink{}, ProcessMessages: true, Binding: &binding.Binding{Version: pair.to},
				}, "http://backend:9000/orders")
				require.NoError(b, err)
				s := service(b, routing.Route{Filter: "all", Destinations: []*routing.Destination{d}})
				m := []byte(sized(pair.from, size))
				listener := &binding.Listener{Binding: &binding.Binding{Version: pair.from}}
				via := parse(b, "http://edge:8000/router")
				r := bytes.NewReader(m)
				b.ReportAllocs()
				b.SetBytes(int64(len(m)))
				for b.Loop() {
					r.Reset(m)
					env, err := soap.Decode(context.Background(), r, soap.DecodeOptions{
						Version: pair.from, Size: int64(len(m)), Limits: soap.Limits{Message: 1 << 20},
					})
					if err != nil {
						b.Fatal(err)
					}
					req := binding.NewRequest(env, nil)
					if req.Properties, err = addressing.Extract(env, nil); err != nil {
						b.Fatal(err)
					}
					req.Via, req.Shape, req.Listener = via, binding.RequestReply, listener
					if _, err = s.Handle(context.Background(), req); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
