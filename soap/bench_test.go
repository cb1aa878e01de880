package soap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/soap"
)

// order is a message as a .NET client sends it, size octets long.
func order(size int) []byte {
	const head = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">` +
		`<s:Header><a:Action s:mustUnderstand="1">http://contoso.example/IOrders/Place</a:Action>` +
		`<a:MessageID>urn:uuid:5d0a2f8e-93ba-4a8f-9d5e-1f5b3c0b7a10</a:MessageID>` +
		`<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>` +
		`<a:To s:mustUnderstand="1">http://edge.example:8000/orders</a:To></s:Header>` +
		`<s:Body><Place xmlns="http://contoso.example/">`
	const tail = `</Place></s:Body></s:Envelope>`
	const line = `<Line><Sku>A-1000</Sku><Quantity>2</Quantity></Line>`
	m := head
	m += strings.Repeat(line, max(0, size-len(head)-len(tail))/len(line))
	m += strings.Repeat(" ", max(0, size-len(m)-len(tail)))
	return []byte(m + tail)
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{1 << 10, 10 << 10, 100 << 10} {
		b.Run(fmt.Sprintf("size=%dk", size>>10), func(b *testing.B) {
			m := order(size)
			o := soap.DecodeOptions{
				Size: int64(len(m)), Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Streamed: true},
			}
			r := bytes.NewReader(m)
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(m)
				e, err := soap.Decode(context.Background(), r, o)
				if err != nil {
					b.Fatal(err)
				}
				e.Release()
			}
		})
	}
}

// BenchmarkForward is what a router does with a message that it holds.
func BenchmarkForward(b *testing.B) {
	for _, size := range []int{1 << 10, 10 << 10, 60 << 10} {
		b.Run(fmt.Sprintf("size=%dk", size>>10), func(b *testing.B) {
			m := order(size)
			o := soap.DecodeOptions{Size: int64(len(m))}
			to := []byte(`<a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://backend.example/orders</a:To>`)
			r := bytes.NewReader(m)
			var segments [][]byte
			b.ReportAllocs()
			b.SetBytes(int64(len(m)))
			for b.Loop() {
				r.Reset(m)
				e, err := soap.Decode(context.Background(), r, o)
				if err != nil {
					b.Fatal(err)
				}
				d := soap.NewDraft(e)
				d.Replace(3, to)
				segments, _ = d.Segments(segments[:0])
				d.Close()
				e.Release()
			}
		})
	}
}

func BenchmarkDraft(b *testing.B) {
	m := order(1 << 10)
	e, err := soap.Decode(context.Background(), bytes.NewReader(m), soap.DecodeOptions{Size: int64(len(m))})
	require.NoError(b, err)
	defer e.Release()
	element := []byte(`<a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://backend.example/orders</a:To>`)
	for _, edit := range []string{"none", "replace", "append"} {
		b.Run("edit="+edit, func(b *testing.B) {
			var segments [][]byte
			b.ReportAllocs()
			for b.Loop() {
				d := soap.NewDraft(e)
				switch edit {
				case "replace":
					d.Replace(3, element)
				case "append":
					d.Append(element)
				}
				segments, _ = d.Segments(segments[:0])
				d.Close()
			}
		})
	}
}

func BenchmarkBridge(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10} {
		b.Run(fmt.Sprintf("size=%dk", size>>10), func(b *testing.B) {
			m := order(size)
			e, err := soap.Decode(context.Background(), bytes.NewReader(m), soap.DecodeOptions{Size: int64(len(m)), Limits: soap.Limits{Message: 1 << 20}})
			require.NoError(b, err)
			defer e.Release()
			b.ReportAllocs()
			b.SetBytes(int64(len(m)))
			for b.Loop() {
				d, err := soap.Bridge(e, soap.Soap11WSAddressing10)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
				d.Close()
			}
		})
	}
}

// BenchmarkMentions looks through a body for the prefix of its envelope.
func BenchmarkMentions(b *testing.B) {
	for _, n := range []int{1, 4} {
		b.Run(fmt.Sprintf("size=100k/parts=%d", n), func(b *testing.B) {
			m := bytes.ReplaceAll(order(100<<10), []byte("s:"), []byte("t:"))
			parts := pieces(string(m), len(m)/n+1)
			b.ReportAllocs()
			b.SetBytes(int64(len(m)))
			for b.Loop() {
				if soap.MentionedIn(parts, "s") {
					b.Fatal("nothing uses it")
				}
			}
		})
	}
}
