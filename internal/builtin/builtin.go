package builtin

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Names lists the services in the order in which errors name them.
var Names = []string{"echo", "calculator", "sink"}

// New returns the service of that name.
func New(name string) (binding.Handler, error) {
	switch name {
	case "echo":
		return binding.HandlerFunc(echo), nil
	case "calculator":
		return binding.HandlerFunc(calculate), nil
	case "sink":
		return binding.HandlerFunc(sink), nil
	default:
		return nil, fmt.Errorf("no built-in service %q; use one of %s", name, strings.Join(Names, ", "))
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
	return &binding.Reply{Draft: d}, nil
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

// calculate does the arithmetic of the first body element: Add, Subtract,
// Multiply or Divide of its two children.
func calculate(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	content, err := body(ctx, req)
	if err != nil {
		return nil, err
	}
	space, operation, operands, err := call(content)
	if err != nil {
		return nil, err
	}
	result, fault := arithmetic(operation, operands)
	if fault != "" {
		return nil, &soap.Fault{Code: soap.Sender, Reason: fault, Lang: "en-US"}
	}
	xmlns := xmltext.AppendEscapedAttr(nil, space)
	d := soap.NewMessage(req.Envelope.Version, fmt.Appendf(nil, `<%[1]sResponse xmlns="%[2]s"><%[1]sResult>%[3]s</%[1]sResult></%[1]sResponse>`,
		operation, xmlns, strconv.FormatFloat(result, 'g', 15, 64)))
	return &binding.Reply{Draft: d}, nil
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
			return math.NaN(), "division by zero"
		}
		return n[0] / n[1], ""
	default:
		return 0, "the operations are Add, Subtract, Multiply and Divide"
	}
}

// call reads a wrapper element and its children as numbers.
func call(content []byte) (space, operation string, operands []float64, err error) {
	var s xmltext.Scanner
	s.Reset(xmltext.Limits{})
	for {
		kind, err := s.Next(content, true)
		if err != nil {
			return "", "", nil, err
		}
		switch kind {
		case xmltext.StartTag:
			if s.Depth() == 1 && operation == "" {
				space, operation = string(s.Name().Space), string(s.Name().Local)
			}
		case xmltext.Text:
			text := strings.TrimSpace(string(s.Token().Of(content)))
			if s.Depth() != 2 || text == "" {
				continue
			}
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return "", "", nil, refusal.Newf(refusal.XMLMalformed, -1, "operand: %w", err)
			}
			operands = append(operands, f)
		case xmltext.End, xmltext.More:
			return space, operation, operands, nil
		default:
		}
	}
}
