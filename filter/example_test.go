package filter_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func ExampleTable_Match() {
	const text = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: soap.Soap11, Size: int64(len(text))})
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
	via, _ := uritable.Parse("http://edge:8000/route")
	p.Adopt(via, "urn:orders/Plaec") // no addressing headers: the transport supplies them

	place, _ := filter.NewAction("urn:orders/Place")
	table, _ := filter.NewTable([]filter.Entry[string]{
		{Name: "place", Filter: place, Priority: 1, Value: "orders"},
		{Name: "rest", Filter: filter.MatchAll{}, Value: "backup"},
	})
	in := &filter.Input{Envelope: env, Properties: &p}
	entry, err := table.Match(in)
	fmt.Println(entry.Value, err)
	for _, x := range table.Explain(in) {
		fmt.Printf("%s: %s\n", x.Entry.Name, x.Text)
	}
	// Output:
	// backup <nil>
	// place: action "urn:orders/Plaec" differs at character 15; "urn:orders/Place" would match
	// rest: match
}
