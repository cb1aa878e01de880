package xmltext_test

import (
	"fmt"
	"os"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// A scanner reads the head, a walk checks the rest, here in one piece each.
func Example() {
	doc := []byte(`<s:Envelope xmlns:s="urn:soap"><s:Header><To>a&amp;b</To></s:Header><s:Body>x</s:Body></s:Envelope>`)
	var s xmltext.Scanner
	s.Reset(xmltext.Limits{})
	for {
		kind, err := s.Next(doc, true)
		if err != nil {
			fmt.Println(err)
			return
		}
		if kind == xmltext.Text {
			value, _ := xmltext.AppendValue(nil, s.Token().Of(doc))
			fmt.Printf("text %q at depth %d\n", value, s.Depth())
		}
		if kind == xmltext.StartTag && s.Name().Is("urn:soap", "Body") {
			break
		}
	}
	w := s.Walk(xmltext.WellFormed)
	_, _ = w.Write(doc[s.Offset():])
	fmt.Println("complete:", w.Close() == nil)
	end, ok := w.BodyEnd()
	fmt.Println("Body ends at:", end, ok)
	// Output:
	// text "a&b" at depth 3
	// complete: true
	// Body ends at: 1 true
}

// Data may come in any pieces; More asks for the next one.
func ExampleScanner_Next() {
	var s xmltext.Scanner
	s.Reset(xmltext.Limits{})
	var data []byte
	for _, piece := range []string{`<a b='`, `>'/`, `><!DOCTYPE`} {
		data = append(data, piece...)
		for {
			kind, err := s.Next(data, false)
			if kind == xmltext.StartTag {
				fmt.Printf("%s empty=%v\n", s.Token().Of(data), s.Empty())
				continue
			}
			fmt.Println("more:", err == nil, refusal.Of(err) == refusal.XMLDTD)
			break
		}
	}
	// Output:
	// more: true false
	// more: true false
	// <a b='>'/> empty=true
	// more: false true
}

func ExampleAppendEscaped() {
	dst := xmltext.AppendEscaped([]byte("<To>"), "a & b\r")
	_, _ = os.Stdout.Write(append(dst, "</To>"...))
	// Output: <To>a &amp; b&#xD;</To>
}
