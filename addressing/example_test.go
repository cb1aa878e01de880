package addressing_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
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
