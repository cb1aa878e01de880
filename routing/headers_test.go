package routing_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestNewFieldRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ do, field, value, want string }{
		{"add", "X-Site", "north", ""},
		{"set", "X-Site", "", ""},
		{"drop", "X-Forwarded-For", "", ""},
		{"replace", "X-Site", "", `"replace" is none of add, drop, set`},
		{"add", "X Site", "", `"X Site" is no name of an HTTP field`},
		{"add", "", "", `"" is no name of an HTTP field`},
		{"set", "content-length", "3", "field content-length is written by Viaduct alone"},
		{"drop", "Viaduct-Hops", "", "field Viaduct-Hops is written by Viaduct alone"},
		{"drop", "X-Site", "north", "drop X-Site: a rule that drops has no value"},
		{"add", "X-Site", "a\r\nB: c", `add X-Site: "a\r\nB: c" cannot stand in an HTTP field`},
		{"add", "X-Site", " a", `add X-Site: " a" cannot stand in an HTTP field`},
		{"add", "X-Site", "ä", `add X-Site: "ä" cannot stand in an HTTP field`},
	} {
		r, err := routing.NewFieldRule(c.do, c.field, c.value)
		if c.want != "" {
			assert.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, c.do, r.Do.String())
	}
}

// Rules are applied in their order, names compare without regard to case.
func ExampleApplyRules() {
	fields := binding.HTTPFields{{Name: "X-Site", Value: "1"}, {Name: "Accept-Language", Value: "de"}, {Name: "x-site", Value: "2"}}
	var rules []routing.FieldRule
	for _, r := range [][3]string{{"drop", "accept-language", ""}, {"set", "X-Site", "north"}, {"add", "X-Site", "south"}} {
		rule, _ := routing.NewFieldRule(r[0], r[1], r[2])
		rules = append(rules, rule)
	}
	fmt.Println(routing.ApplyRules(fields, rules))
	// Output:
	// [{X-Site north} {X-Site south}]
}

func TestService_rules(t *testing.T) {
	t.Parallel()
	drop, err := routing.NewFieldRule("drop", "X-Forwarded-For", "")
	require.NoError(t, err)
	set, err := routing.NewFieldRule("set", "Traceparent", "none")
	require.NoError(t, err)
	b := answering(200, placed)
	d := routing.Destination{Pass: []string{"Traceparent"}, Rules: []routing.FieldRule{drop, set}}
	req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	req.HTTP = binding.HTTPFields{{Name: "Traceparent", Value: "00-1"}}
	reply, err := service(t, routeTo(t, d, b)).Handle(context.Background(), req)
	require.NoError(t, err)
	text(t, reply)
	assert.Equal(t, binding.HTTPFields{{Name: "X-Forwarded-Proto", Value: "http"}, {Name: "Viaduct-Hops", Value: "1"}, {Name: "Traceparent", Value: "none"}}, b.sent[0].fields)
	assert.Equal(t, "00-1", req.HTTP.Get("Traceparent"), "what was received stays")
}
