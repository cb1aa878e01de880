package soap_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/viaduct-soap/viaduct/soap"
)

// A router reads the head, changes one header, and sends the rest as it came.
func Example() {
	const message = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">` +
		`<s:Header><a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://old/</a:To></s:Header>` +
		`<s:Body><Place xmlns="urn:orders"/></s:Body></s:Envelope>`
	e, err := soap.Decode(context.Background(), strings.NewReader(message), soap.DecodeOptions{Size: int64(len(message))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Release()
	for i, b := range e.Blocks() {
		value, _ := e.Value(&b, nil)
		fmt.Printf("%d %s: %s\n", i, b.Name.Local, value)
	}
	d := soap.NewDraft(e)
	defer d.Close()
	d.Replace(0, []byte(`<a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://new/</a:To>`))
	segments, _ := d.Segments(nil)
	for _, s := range segments {
		fmt.Printf("%s\n", s)
	}
	// Output:
	// 0 To: http://old/
	// <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>
	// <a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://new/</a:To>
	// </s:Header><s:Body>
	// <Place xmlns="urn:orders"/></s:Body></s:Envelope>
}

func ExampleBridge() {
	const message = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">` +
		`<s:Body><Place xmlns="urn:orders"/></s:Body></s:Envelope>`
	e, err := soap.Decode(context.Background(), strings.NewReader(message), soap.DecodeOptions{Size: int64(len(message))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Release()
	d, err := soap.Bridge(e, soap.Soap11)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	_, _ = d.WriteTo(os.Stdout)
	// Output:
	// <s1:Envelope xmlns:s1="http://schemas.xmlsoap.org/soap/envelope/"><s1:Body><Place xmlns="urn:orders"/></s1:Body></s1:Envelope>
}

func ExampleFaultDraft() {
	f := &soap.Fault{
		Code:     soap.Sender,
		Subcodes: []soap.QName{{Space: soap.NamespaceAddressingNone, Local: "ActionNotSupported"}},
		Reason:   "Action '" + soap.Echo("urn:<a>") + "' is not served here.",
	}
	d := soap.FaultDraft(f, soap.Soap11)
	defer d.Close()
	var out strings.Builder
	_, _ = d.WriteTo(&out)
	fmt.Println(strings.ReplaceAll(out.String(), "><", ">\n<"))
	// Output:
	// <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">
	// <s:Body>
	// <s:Fault>
	// <faultcode xmlns:a="http://schemas.microsoft.com/ws/2005/05/addressing/none">a:ActionNotSupported</faultcode>
	// <faultstring xml:lang="en-US">Action 'urn:&lt;a&gt;' is not served here.</faultstring>
	// </s:Fault>
	// </s:Body>
	// </s:Envelope>
}
