package xmltext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// head1k is the head of a request with four addressing headers, 0.5 kB.
const head1k = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">` +
	`<s:Header><a:Action s:mustUnderstand="1">http://tempuri.org/IOrders/Submit</a:Action>` +
	`<a:MessageID>urn:uuid:5f2c3cd1-8d5a-4b3e-9a51-0c1f4f3e6a77</a:MessageID>` +
	`<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>` +
	`<a:To s:mustUnderstand="1">http://orders.contoso.example:8000/services/orders</a:To></s:Header><s:Body>`

// orders is dense markup with the given number of orders, about 160 octets each.
func orders(n int) string {
	const order = `<o:Order id="1042"><o:Customer>Contoso</o:Customer><o:Lines><o:Line sku="A-17">` +
		`<o:Quantity>3</o:Quantity><o:Price>9.95</o:Price></o:Line></o:Lines></o:Order>`
	return `<o:Submit xmlns:o="urn:orders">` + strings.Repeat(order, n) + `</o:Submit>`
}

func message(size int) []byte {
	return []byte(head1k + orders(max(0, size-len(head1k)-80)/157) + `</s:Body></s:Envelope>`)
}

// scanHead tells whether there is a Body, where it leaves the scanner.
func scanHead(s *xmltext.Scanner, data []byte) bool {
	s.Reset(xmltext.Limits{})
	for {
		k, err := s.Next(data, true)
		if err != nil || k == xmltext.End {
			return false
		}
		if k == xmltext.StartTag && s.Name().Is("http://www.w3.org/2003/05/soap-envelope", "Body") {
			return true
		}
	}
}

func BenchmarkScanner_Next(b *testing.B) {
	for _, size := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("part=head/size=%d", size), func(b *testing.B) {
			data := message(size)
			s := new(xmltext.Scanner)
			b.ReportAllocs()
			b.SetBytes(int64(len(head1k)))
			for b.Loop() {
				if !scanHead(s, data) {
					b.Fatal("no Body")
				}
			}
		})
	}
}

func BenchmarkWalk_Write(b *testing.B) {
	for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
		for _, size := range []int{1000, 100_000} {
			name := map[xmltext.Level]string{xmltext.Structure: "structure", xmltext.WellFormed: "full"}[level]
			b.Run(fmt.Sprintf("level=%s/size=%d", name, size), func(b *testing.B) {
				data := message(size)
				s := new(xmltext.Scanner)
				scanHead(s, data)
				rest := data[s.Offset():]
				w := new(xmltext.Walk)
				b.ReportAllocs()
				b.SetBytes(int64(len(rest)))
				for b.Loop() {
					w.Reset(s, level)
					if _, err := w.Write(rest); err != nil {
						b.Fatal(err)
					}
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkTranscode(b *testing.B) {
	data := utf16Of(string(message(100_000)), xmltext.UTF16LE)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		discard(b, data)
	}
}

func BenchmarkAppendValue(b *testing.B) {
	raw := []byte("http://orders.contoso.example/a?x=1&amp;y=2")
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		dst, _ = xmltext.AppendValue(dst[:0], raw)
	}
}
