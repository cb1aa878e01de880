package xpath_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/xpath"
)

// place is an order in some version of SOAP and WS-Addressing.
func place(soapVersion, addressing string) string {
	space := map[string]string{"11": "http://schemas.xmlsoap.org/soap/envelope/", "12": "http://www.w3.org/2003/05/soap-envelope"}[soapVersion]
	a := map[string]string{
		"wsa10": "http://www.w3.org/2005/08/addressing", "wsa04": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
	}[addressing]
	role, next, last := "role", space+"/role/next", space+"/role/ultimateReceiver"
	if soapVersion == "11" {
		role, next, last = "actor", "http://schemas.xmlsoap.org/soap/actor/next", ""
	}
	headers := `<o:Vip s:mustUnderstand="true" s:` + role + `="` + next + `"><o:Level>2</o:Level></o:Vip>` +
		`<o:Last s:mustUnderstand="1" s:` + role + `="` + last + `"/><o:Plain/><o:Far s:` + role + `="urn:far"/>`
	if a != "" {
		headers = `<a:To>http://alpha:8000/svc/orders</a:To>` +
			`<a:Action s:` + role + `="urn:far">urn:not-for-us</a:Action>` +
			`<a:Action> urn:orders/IOrders/Place </a:Action><a:MessageID>urn:uuid:1</a:MessageID>` +
			`<a:RelatesTo>urn:uuid:0</a:RelatesTo><a:ReplyTo><a:Address>urn:reply</a:Address></a:ReplyTo>` +
			`<a:From><a:Address>urn:from</a:Address></a:From><a:FaultTo><a:Address>urn:fault</a:Address></a:FaultTo>` + headers
	}
	return `<s:Envelope xmlns:s="` + space + `" xmlns:a="` + a + `x" xmlns:o="urn:orders"><s:Header xmlns:a="` + a + `">` + headers +
		`</s:Header><s:Body><o:Place><o:qty>120</o:qty><o:Tier>gold</o:Tier></o:Place></s:Body></s:Envelope>`
}

// given makes the message of a row.
func given(tb testing.TB, text string) *xpath.Message {
	tb.Helper()
	f := strings.Fields(text)
	if f[1] == "none" {
		f[1] = ""
	}
	envelope := place(f[0], f[1])
	if f[1] == "" {
		envelope = strings.ReplaceAll(envelope, ` xmlns:a=""`, "")
	}
	m := message(tb, envelope)
	if len(f) > 2 {
		m.Body = nil
	}
	return m
}

func TestRows(t *testing.T) {
	t.Parallel()
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	rows.Complete(t, "XP", 1, 5)
	for _, row := range rows {
		t.Run(row.ID(), func(t *testing.T) {
			t.Parallel()
			got, err := truth(t, row.Fields[1], given(t, row.Fields[2]))
			switch row.Fields[3] {
			case "error":
				require.ErrorIs(t, err, xpath.ErrBody, row.Line)
			default:
				require.NoError(t, err, row.Line)
				assert.Equal(t, row.Fields[3] == "match", got, row.Line)
			}
		})
	}
}

// TestFunctions_soap covers the functions of dispatch 3.6 in both versions.
func TestFunctions_soap(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, expr, want string }{
		{"12 wsa10", `name(sm:header())`, "s:Header"},
		{"12 wsa10", `name(sm:body())`, "s:Body"},
		{"12 wsa10", `count(sm:body()/*)`, "1"},
		{"12 wsa10", `sm:soap-uri()`, "http://www.w3.org/2003/05/soap-envelope"},
		{"11 wsa04", `sm:soap-uri()`, "http://schemas.xmlsoap.org/soap/envelope/"},
		{"12 wsa10", `sm:to()`, "http://alpha:8000/svc/orders"},
		{"11 wsa04", `sm:to()`, "http://alpha:8000/svc/orders"},
		{"11 none", `sm:to()`, "via"},
		{"12 wsa10", `sm:action()`, "urn:orders/IOrders/Place"},
		{"11 wsa04", `sm:action()`, "urn:orders/IOrders/Place"},
		{"11 none", `sm:action()`, "claimed"},
		{"12 wsa10", `sm:messageId()`, "urn:uuid:1"},
		{"11 none", `sm:messageId()`, ""},
		{"12 wsa10", `string(sm:relatesTo())`, "urn:uuid:0"},
		{"11 wsa04", `string(sm:replyTo())`, "urn:reply"},
		{"12 wsa10", `string(sm:from()/wsa10:Address)`, "urn:from"},
		{"12 wsa10", `string(sm:faultTo()/*)`, "urn:fault"},
		{"11 none", `count(sm:relatesTo() | sm:replyTo() | sm:from() | sm:faultTo())`, "0"},
		{"12 wsa10", `count(sm:headers-with-actor('urn:far'))`, "2"},
		{"11 none", `local-name(sm:headers-with-actor('urn:far'))`, "Far"},
		{"12 wsa10", `local-name(sm:headers-with-actor('http://www.w3.org/2003/05/soap-envelope/role/next'))`, "Vip"},
		{"12 none", `local-name(sm:headers-with-actor(''))`, "Plain"},
		{"12 wsa10", `sm:actor(sm:header()/o:Far)`, "urn:far"},
		{"11 none", `sm:actor(sm:header()/o:Vip/o:Level)`, "http://schemas.xmlsoap.org/soap/actor/next"},
		{"12 wsa10", `sm:actor(sm:header()/o:Vip/o:Level/text())`, "http://www.w3.org/2003/05/soap-envelope/role/next"},
		{"12 wsa10", `sm:actor(sm:header()/o:Plain)`, ""},
		{"12 wsa10", `sm:actor(sm:header()/o:None)`, ""},
		{"12 wsa10", `sm:is-mandatory(sm:header()/o:Vip)`, "true"},
		{"12 wsa10", `sm:is-mandatory(sm:header()/o:Last)`, "false"},
		{"11 none", `sm:is-mandatory(sm:header()/o:Vip)`, "false"},
		{"11 none", `sm:is-mandatory(sm:header()/o:Last)`, "true"},
		{"11 none", `sm:is-mandatory(sm:header()/o:None)`, "false"},
		{"12 wsa10", `sm:is-actor-next(sm:header()/o:Vip)`, "true"},
		{"11 none", `sm:is-actor-next(sm:header()/o:Vip)`, "true"},
		{"11 none", `sm:is-actor-next(sm:header()/o:Plain)`, "false"},
		{"12 wsa10", `sm:is-actor-ultimate-receiver(sm:header()/o:Last)`, "true"},
		{"12 wsa10", `sm:is-actor-ultimate-receiver(sm:header()/o:Plain)`, "true"},
		{"11 none", `sm:is-actor-ultimate-receiver(sm:header()/o:Last)`, "true"},
		{"11 none", `sm:is-actor-ultimate-receiver(sm:header()/o:Vip)`, "false"},
		{"11 none", `sm:is-actor-ultimate-receiver(sm:header()/o:None)`, "false"},
		{"12 none", `sm:date-time('0001-01-01T00:00:00Z')`, "0"},
		{"12 none", `sm:date-time('0001-01-02T12:00:00')`, "1.5"},
		{"12 none", `sm:date-time('2000-01-01')`, "730119"},
		{"12 none", `sm:date-time('2000-01-01T01:00:00+01:00')`, "730119"},
		{"12 none", `sm:date-time('tomorrow')`, "NaN"},
		{"12 none", `sm:duration('P1DT12H')`, "1.5"},
		{"12 none", `sm:duration('-P1D')`, "-1"},
		{"12 none", `sm:duration('P1Y1M')`, "395"},
		{"12 none", `sm:duration('PT1.5S') * 86400`, "1.5"},
		{"12 none", `sm:duration('PT90M') * 24`, "1.5"},
		{"12 none", `sm:duration('P')`, "NaN"},
		{"12 none", `sm:duration('P1DT')`, "NaN"},
		{"12 none", `sm:duration('P1.5D')`, "NaN"},
		{"12 none", `sm:duration('P1D1Y')`, "NaN"},
		{"12 none", `sm:duration('PT1.S')`, "NaN"},
		{"12 none", `sm:duration('1D')`, "NaN"},
		{"12 none", `sm:utc-now() - sm:date-time('2026-01-02T00:00:00Z')`, "0.25"},
		{"12 none", `sm:correlation-data('key')`, "value"},
		{"12 none", `sm:correlation-data('none')`, ""},
	}
	for _, tt := range tests {
		m := given(t, tt.given)
		m.To, m.Action, m.Data = "via", "claimed", map[string]string{"key": "value"}
		m.Now = func() time.Time { return time.Date(2026, 1, 2, 7, 0, 0, 0, time.FixedZone("", 3600)) }
		e := compile(t, tt.expr)
		v, err := e.Eval(m, xpath.Budget{})
		require.NoError(t, err, tt.expr)
		assert.Equal(t, tt.want, v.String(), "%s: %s", tt.given, tt.expr)
		got, err := truth(t, tt.expr, m)
		require.NoError(t, err, tt.expr)
		assert.Equal(t, v.Boolean(), got, "%s: %s", tt.given, tt.expr)
	}
}
