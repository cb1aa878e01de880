package wssec_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/soap"
)

func ExampleCheck() {
	message := signed(reference("#_1", exc), reference("#_body", exc))
	env, err := soap.Decode(context.Background(), strings.NewReader(message), soap.DecodeOptions{
		Version: soap.Soap12WSAddressing10, Size: int64(len(message)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer env.Release()
	d := soap.NewDraft(env)
	defer d.Close()
	for i, b := range env.Blocks() {
		switch string(b.Name.Local) {
		case "ReplyTo":
			d.Remove(i)
			fmt.Println("without ReplyTo:", wssec.Check(d))
		case "To":
			d.Replace(i, []byte(`<To xmlns="http://www.w3.org/2005/08/addressing">http://next/</To>`))
			_, text, _ := strings.Cut(wssec.Check(d).Error(), "would break ")
			fmt.Println("with another To:", text[:strings.Index(text, " (octet")])
		}
	}
	// Output:
	// without ReplyTo: <nil>
	// with another To: Reference "#_1" (element To of http://www.w3.org/2005/08/addressing)
}
