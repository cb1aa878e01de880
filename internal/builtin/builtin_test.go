package builtin_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/builtin"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// send gives a body to a service and returns the answer.
func send(tb testing.TB, service, body string) (*binding.Reply, string, error) {
	tb.Helper()
	h, err := builtin.New(service)
	require.NoError(tb, err)
	m := `<s:Envelope xmlns:s="` + soap.Namespace12 + `"><s:Header><h/></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(m), soap.DecodeOptions{Version: soap.Soap12, Size: int64(len(m))})
	require.NoError(tb, err)
	reply, err := h.Handle(context.Background(), binding.NewRequest(env, nil))
	if reply == nil {
		return reply, "", err
	}
	defer reply.Draft.Close()
	var b bytes.Buffer
	_, werr := reply.Draft.WriteTo(&b)
	require.NoError(tb, werr)
	return reply, b.String(), err
}

func TestCalculator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want, fault string }{
		{name: "add", body: `<Add xmlns="urn:c"><a>100</a><b>15.99</b></Add>`, want: `<AddResponse xmlns="urn:c"><AddResult>115.99</AddResult></AddResponse>`},
		{name: "names do not count", body: `<c:Subtract xmlns:c="urn:c"><x> 1 </x><!-- --><y>2</y></c:Subtract>`, want: `<SubtractResult>-1<`},
		{name: "a value in pieces", body: `<Multiply><a>1<!-- -->0</a><b><![CDATA[2]]></b></Multiply>`, want: `<MultiplyResult>20<`},
		{name: "divide", body: `<Divide><a>1</a><b>4</b></Divide>`, want: `<DivideResult>0.25<`},
		{name: "beyond a double", body: `<Multiply><a>1e300</a><b>-1e300</b></Multiply>`, want: `<MultiplyResult>-INF<`},
		{name: "no number", body: `<Add><a>1</a><b>x</b></Add>`, fault: "an operand is no number"},
		{name: "an element for a number", body: `<Add><a>1</a><b><c/></b></Add>`, fault: "an operand is no number"},
		{name: "one number", body: `<Add><a>1</a></Add>`, fault: "an operation takes two numbers"},
		{name: "division by zero", body: `<Divide><a>1</a><b>0</b></Divide>`, fault: "division by zero"},
		{name: "unknown operation", body: `<Power><a>1</a><b>0</b></Power>`, fault: "the operations are Add, Subtract, Multiply and Divide"},
		{name: "nothing", fault: "an operation takes two numbers"},
		{name: "blanks", body: " ", fault: "an operation takes two numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, got, err := send(t, "calculator", c.body)
			if c.fault == "" {
				require.NoError(t, err)
				assert.Contains(t, got, c.want)
				return
			}
			var f *soap.Fault
			require.ErrorAs(t, err, &f)
			assert.Equal(t, c.fault, f.Reason)
			assert.Equal(t, soap.Sender, f.Code)
		})
	}
}

// TestCalculator_escapes: a namespace is text of the client.
func TestCalculator_escapes(t *testing.T) {
	t.Parallel()
	_, got, err := send(t, "calculator", `<Add xmlns="urn:&quot;&lt;x"><a>1</a><b>2</b></Add>`)
	require.NoError(t, err)
	assert.NotContains(t, got, `"<x`)
}

func TestEcho(t *testing.T) {
	t.Parallel()
	const body = ` <x>&lt;<!-- kept --></x> `
	reply, got, err := send(t, "echo", body)
	require.NoError(t, err)
	assert.False(t, reply.Fault)
	assert.Contains(t, got, "<s:Body>"+body+"</s:Body>")
	assert.NotContains(t, got, "<h/>", "headers are of the request")

	reply, _, err = send(t, "echo", `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason></s:Fault>`)
	require.NoError(t, err)
	assert.True(t, reply.Fault, "a fault stays one")
}

// TestCalculator_published: the results that the advanced filters scenario of
// WCF's documentation states for its two services.
func TestCalculator_published(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ operation, a, b, regular, rounding string }{
		{"Add", "100", "15.99", "115.99", "116"},
		{"Subtract", "145", "76.54", "68.46", "68.5"},
		{"Multiply", "9", "81.25", "731.25", "731.3"},
		{"Divide", "22", "7", "3.14285714285714", "3.1"},
		{"Multiply", "-9", "81.25", "-731.25", "-731.3"},
		{"Multiply", "1e300", "-1e300", "-INF", "-INF"},
		{"Multiply", "1e300", "1e8", "1e+308", "1e+308"},
	} {
		body := "<" + c.operation + "><n1>" + c.a + "</n1><n2>" + c.b + "</n2></" + c.operation + ">"
		for service, want := range map[string]string{"calculator": c.regular, "rounding-calculator": c.rounding} {
			_, got, err := send(t, service, body)
			require.NoError(t, err)
			assert.Contains(t, got, "<"+c.operation+"Result>"+want+"<", service)
		}
	}
}

func TestSink(t *testing.T) {
	t.Parallel()
	reply, _, err := send(t, "sink", "<x/>")
	require.NoError(t, err)
	assert.Nil(t, reply)
}

func TestNew_unknown(t *testing.T) {
	t.Parallel()
	_, err := builtin.New("Echo")
	assert.EqualError(t, err, `no built-in service "Echo"; use one of echo, calculator, rounding-calculator, sink`)
}

// FuzzCalculator: whatever the body holds, the service answers with a result, a
// fault or a refusal.
func FuzzCalculator(f *testing.F) {
	for _, s := range []string{`<Add><a>1</a><b>2</b></Add>`, `<Add><a/><b>NaN</b></Add>`, `<a><b><c>1</c></b></a>`, ``, `x`, `<Add xmlns:p="u"><p:a>0x1p-2</p:a><b>&#49;</b></Add>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		h, err := builtin.New("calculator")
		require.NoError(t, err)
		m := `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body>` + body + `</s:Body></s:Envelope>`
		env, err := soap.Decode(t.Context(), strings.NewReader(m), soap.DecodeOptions{Version: soap.Soap11, Size: int64(len(m))})
		if err != nil {
			return
		}
		reply, err := h.Handle(t.Context(), binding.NewRequest(env, nil))
		if err != nil {
			var fault *soap.Fault
			assert.True(t, refusal.Of(err) != refusal.Internal || assert.ErrorAs(t, err, &fault), "%v", err)
			return
		}
		reply.Draft.Close()
	})
}
