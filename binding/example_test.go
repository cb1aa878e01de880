package binding_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/soap"
)

// A client that is told 503 may try another destination; one whose answer is a
// fault has been answered.
func ExampleClassifyAnswer() {
	for _, a := range []struct {
		status       int
		typed, empty bool
	}{{200, true, false}, {500, true, false}, {202, false, true}, {503, false, true}, {200, false, false}} {
		answer, kind := binding.ClassifyAnswer(a.status, a.typed, a.empty)
		switch answer {
		case binding.AnswerMessage:
			fmt.Println(a.status, "message")
		case binding.AnswerAccepted:
			fmt.Println(a.status, "accepted")
		default:
			fmt.Println(a.status, kind)
		}
	}
	// Output:
	// 200 message
	// 500 message
	// 202 accepted
	// 503 busy
	// 200 protocol
}

func ExampleParseContentType() {
	m, err := binding.ParseContentType(`application/soap+xml; charset="UTF-8"; action="urn:orders/Get"`, soap.SOAP12)
	fmt.Println(m.Charset, m.Action, err)
	_, err = binding.ParseContentType("text/xml; charset=utf-8", soap.SOAP12)
	fmt.Println(err)
	// Output:
	// utf-8 urn:orders/Get <nil>
	// http.content_type: content type "text/xml; charset=utf-8" is not the expected "application/soap+xml; charset=utf-8"
}
