package builtin_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/builtin"
	"github.com/viaduct-soap/viaduct/soap"
)

func ExampleNew() {
	calculator, _ := builtin.New("calculator")
	const text = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Add xmlns="urn:c"><a>1</a><b>2</b></Add></s:Body></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: soap.Soap11, Size: int64(len(text))})
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := calculator.Handle(context.Background(), binding.NewRequest(env, nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reply.Draft.Close()
	_, _ = reply.Draft.WriteTo(os.Stdout)
	// Output: <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><AddResponse xmlns="urn:c"><AddResult>3</AddResult></AddResponse></s:Body></s:Envelope>
}
