package addressing_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func ExampleExtract() {
	const text = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">` +
		`<s:Header><a:Action>urn:orders/Place</a:Action><a:To>http://edge:80/Orders</a:To></s:Header><s:Body/></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text),
		soap.DecodeOptions{Version: soap.Soap12WSAddressing10, Size: int64(len(text))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer env.Release()
	p, err := addressing.Extract(env, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	to, _ := p.To()
	action, _ := p.Action()
	fmt.Println(to, action)
	// Output: http://edge/Orders urn:orders/Place
}

func ExampleParseAction() {
	a, err := addressing.ParseAction(`"urn:orders/Place%20now"`)
	fmt.Println(a, err)
	fmt.Println(addressing.FormatAction(a))
	// Output:
	// urn:orders/Place now <nil>
	// "urn:orders/Place%20now"
}

// A fault of a SOAP 1.1 back end for a client that speaks SOAP 1.2.
func ExampleBridge() {
	const answer = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>` +
		`<faultcode>s:Server</faultcode><faultstring xml:lang="en">down</faultstring></s:Fault></s:Body></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(answer), soap.DecodeOptions{Version: soap.Soap11, Size: int64(len(answer))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer env.Release()
	props, _ := addressing.ExtractReply(env)
	draft, action, err := addressing.Bridge(context.Background(), env, &props, soap.Soap12WSAddressing10)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer draft.Close()
	request := addressing.Bare(soap.Addressing10)
	_, _ = addressing.AddressReply(draft, &props, &request, addressing.Reply{Fault: true, Action: action})
	var out strings.Builder
	_, _ = draft.WriteTo(&out)
	fmt.Println(action)
	fmt.Println(out.String()[strings.Index(out.String(), "<s1:Fault>"):])
	// Output:
	// http://www.w3.org/2005/08/addressing/soap/fault
	// <s1:Fault><s1:Code><s1:Value>s1:Receiver</s1:Value></s1:Code><s1:Reason><s1:Text xml:lang="en">down</s1:Text></s1:Reason></s1:Fault></s1:Body></s1:Envelope>
}

// A window refuses an identifier that it has seen.
func ExampleWindow_Check() {
	w := addressing.NewWindow(10*time.Minute, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(w.Check(now, "urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01"))
	fmt.Println(w.Check(now.Add(time.Minute), "urn:uuid:0B9F2C0E-8F0D-4A51-8A43-1F6D6F0F1C01"))
	fmt.Println(w.Check(now.Add(time.Hour), "urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01"))
	// Output:
	// <nil>
	// MessageID "urn:uuid:0B9F2C0E-8F0D-4A51-8A43-1F6D6F0F1C01" was seen before
	// <nil>
}

// An answer is delivered elsewhere only where the settings name the address.
func ExampleReplyTargets_Allow() {
	prefix, _ := uritable.Parse("https://callbacks.example/wcf/")
	targets, _ := addressing.NewReplyTargets([]uritable.URI{prefix})
	for _, text := range []string{"https://callbacks.example/wcf/orders", "https://callbacks.example.evil/wcf/", "http://127.0.0.1:9/"} {
		u, _ := uritable.Parse(text)
		fmt.Println(text, targets.Allow(u))
	}
	// Output:
	// https://callbacks.example/wcf/orders true
	// https://callbacks.example.evil/wcf/ false
	// http://127.0.0.1:9/ false
}
