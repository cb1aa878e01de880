package xpath_test

import (
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/xpath"
)

const head = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:o="urn:orders">` +
	`<s:Header><o:Vip>yes</o:Vip></s:Header><s:Body>`

func ExampleSet_Match() {
	ns := xpath.Namespaces{"o": "urn:orders"}
	vip, _ := xpath.Compile(`/s12:Envelope/s12:Header/o:Vip`, ns)
	large, _ := xpath.Compile(`sm:body()/o:Place[o:qty > 100]`, ns)
	table := xpath.NewSet(vip, large)
	m := &xpath.Message{Head: []byte(head), Body: octets(`<o:Place><o:qty>120</o:qty></o:Place></s:Body></s:Envelope>`)}
	fmt.Println(vip.Body(), large.Body())
	fmt.Println(table.Match(m, xpath.Budget{}, nil))
	m.Body = nil
	_, err := table.Match(m, xpath.Budget{}, nil)
	fmt.Println(errors.Is(err, xpath.ErrBody))
	// Output:
	// false true
	// [0 1] <nil>
	// true
}

func ExampleExpr_Explain() {
	e, _ := xpath.Compile(`/s12:Envelope/s12:Header/o:Tier = 'gold'`, xpath.Namespaces{"o": "urn:orders"})
	fmt.Println(e.Explain(&xpath.Message{Head: []byte(head)}))
	// Output:
	// no match; /s12:Envelope/s12:Header/o:Tier: step o:Tier selected nothing: there is {urn:orders}Vip; /s12:Envelope/s12:Header/o:Tier = 'gold': nothing is compared with "gold"
}

func ExampleCompile() {
	_, err := xpath.Compile(`/s12:Envelope/s12:Header/ord:Vip`, nil)
	fmt.Println(err)
	// Output:
	// unknown prefix "ord"; declare it in the namespaceTable: <add prefix="ord" namespace="..."/> (at octet 26 of the expression)
}
