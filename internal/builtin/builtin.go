package builtin

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// names lists the services in the order in which errors name them.
var names = [...]string{"echo", "calculator", "rounding-calculator", "sink"}

// New returns the service of that name. The error names those there are.
func New(name string) (binding.Handler, error) {
	switch name {
	case "echo":
		return binding.HandlerFunc(echo), nil
	case "calculator":
		return calculator(func(f float64) float64 { return f }), nil
	case "rounding-calculator":
		return calculator(rounded), nil
	case "sink":
		return binding.HandlerFunc(sink), nil
	default:
		return nil, fmt.Errorf("no built-in service %q; use one of %s", name, strings.Join(names[:], ", "))
	}
}

// sink accepts a message and drops it.
func sink(_ context.Context, req *binding.Request) (*binding.Reply, error) {
	req.Release()
	return nil, nil //nolint:nilnil // the documented outcome "accepted"
}

// echo answers with the body that it received, octet for octet.
func echo(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	if err := req.Envelope.Body.Hold(ctx, limit); err != nil {
		return nil, err
	}
	d := soap.NewDraft(req.Envelope)
	for i := range req.Envelope.Blocks() {
		d.Remove(i)
	}
	fault, _ := soap.IsFault(req.Envelope) // held, so that it is known
	return &binding.Reply{Draft: d, Fault: fault}, nil
}

// limit bounds what a built-in service reads of a body, in octets.
const limit = 64 << 20

func body(ctx context.Context, req *binding.Request) ([]byte, error) {
	if err := req.Envelope.Body.Hold(ctx, limit); err != nil {
		return nil, err
	}
	r, err := req.Envelope.Body.Open(soap.Content)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // a held body has nothing to fail with
	return io.ReadAll(r)
}

// rounded rounds to one decimal, halves away from zero: the rounding calculator
// of WCF's samples answers 731.3 for 731.25.
func rounded(f float64) float64 {
	if math.Abs(f) > 1e15 { // no decimals there, and ten times it may be infinite
		return f
	}
	return math.Round(f*10) / 10
}

// calculator does the arithmetic of the first body element: Add, Subtract,
// Multiply or Divide of its two children. The result goes through finish.
type calculator func(finish float64) float64

// Handle implements [binding.Handler].
func (c calculator) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	content, err := body(ctx, req)
	if err != nil {
		return nil, err
	}
	space, operation, operands, err := call(scoped(req.Envelope.BodyScope(), content))
	if err != nil {
		return nil, err
	}
	result, fault := arithmetic(operation, operands)
	if fault != "" {
		return nil, &soap.Fault{Code: soap.Sender, Reason: fault, Lang: "en-US"}
	}
	d := soap.NewMessage(req.Envelope.Version, fmt.Appendf(nil, `<%[1]sResponse xmlns="%[2]s"><%[1]sResult>%[3]s</%[1]sResult></%[1]sResponse>`,
		operation, xmltext.AppendEscapedAttr(nil, space), double(c(result))))
	return &binding.Reply{Draft: d}, nil
}

// double writes a number as XML Schema does (Datatypes, 3.2.5).
func double(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	default:
		return strconv.FormatFloat(f, 'g', 15, 64)
	}
}

func arithmetic(operation string, n []float64) (result float64, fault string) {
	if len(n) != 2 {
		return 0, "an operation takes two numbers"
	}
	switch operation {
	case "Add":
		return n[0] + n[1], ""
	case "Subtract":
		return n[0] - n[1], ""
	case "Multiply":
		return n[0] * n[1], ""
	case "Divide":
		if n[1] == 0 {
			return 0, "division by zero"
		}
		return n[0] / n[1], ""
	default:
		return 0, "the operations are Add, Subtract, Multiply and Divide"
	}
}

// scoped puts the content of a Body into an element that declares what is in
// force there.
func scoped(scope []xmltext.Decl, content []byte) []byte {
	b := []byte("<body")
	for _, d := range scope {
		if string(d.Prefix) == "xml" {
			continue
		}
		b = append(b, " xmlns"...)
		if len(d.Prefix) > 0 {
			b = append(append(b, ':'), d.Prefix...)
		}
		b = append(xmltext.AppendEscapedAttr(append(b, `="`...), string(d.Space)), '"')
	}
	return append(append(append(b, '>'), content...), "</body>"...)
}

// call reads a wrapper element, inside of another one, and its children as
// numbers. What is no number gives the fault of a body that does not fit the
// contract (FT-11).
func call(content []byte) (space, operation string, operands []float64, err error) {
	var s xmltext.Scanner
	s.Reset(xmltext.Limits{})
	start := 0 // of the content of the operand that is open
	for {
		kind, err := s.Next(content, true)
		if err != nil {
			return "", "", nil, err
		}
		switch kind {
		case xmltext.StartTag:
			switch {
			case s.Depth() == 1:
			case operation == "":
				space, operation = string(s.Name().Space), string(s.Name().Local)
			case s.Depth() == 3:
				start = s.Token().End
			}
		case xmltext.EndTag:
			if s.Depth() != 2 {
				continue
			}
			f, err := number(content[start:s.Token().Start])
			if err != nil {
				return "", "", nil, err
			}
			operands = append(operands, f)
		case xmltext.End, xmltext.More:
			return space, operation, operands, nil
		default:
		}
	}
}

func number(raw []byte) (float64, error) {
	text, err := xmltext.AppendValue(nil, raw)
	if err == nil {
		var f float64
		if f, err = strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil {
			return f, nil
		}
	}
	return 0, addressing.DeserializationFailed("an operand is no number")
}
