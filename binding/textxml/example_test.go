package textxml_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/soap"
)

// A message goes out in the octets in which it came in.
func ExampleEncoder() {
	const message = `<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><Ping xmlns='urn:p'/></e:Body></e:Envelope>`
	enc := textxml.New(soap.Soap11, binding.UTF8)
	media, err := enc.Accepts(`text/xml; charset="UTF-8"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	in := binding.Arriving{Media: media, Body: strings.NewReader(message), Size: int64(len(message))}
	env, err := enc.Decode(context.Background(), in, soap.Limits{}, soap.Needs{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := enc.Encode(soap.NewDraft(env), binding.EncodeOptions{Request: true, Action: "urn:p/Ping"})
	env.Release() // the draft has a reference of its own
	if err != nil {
		fmt.Println(err)
		return
	}
	defer out.Close()
	var w bytes.Buffer
	_, err = out.WriteTo(&w)
	for _, f := range out.Header() {
		fmt.Printf("%s: %s\n", f.Name, f.Value)
	}
	fmt.Println(w.String() == message, err)
	// Output:
	// Content-Type: text/xml; charset=utf-8
	// SOAPAction: "urn:p/Ping"
	// true <nil>
}
