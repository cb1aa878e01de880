package spectest_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// wait bounds an exchange, and how long an accepted message takes to arrive.
const wait = 10 * time.Second

// TestRows runs the rows, those of one configuration one after the other.
func TestRows(t *testing.T) {
	t.Parallel()
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	rows.Complete(t, "RT", 1, 12)
	rows.Complete(t, "FO", 1, 4)
	byRig := map[string]testbed.Rows{}
	groups := map[string]int{}
	for _, r := range rows {
		require.Len(t, r.Fields, 7, r.Line)
		byRig[r.Fields[1]] = append(byRig[r.Fields[1]], r)
		group, _, _ := strings.Cut(r.ID(), "-")
		groups[group]++
	}
	for group, least := range map[string]int{"APP": 4, "HDR": 4, "FLT": 4, "PFX": 4, "XP": 4, "TBL": 4, "FT": 4, "ACT": 4, "VIA": 4, "RPL": 4} {
		assert.GreaterOrEqual(t, groups[group], least, "rows of %s", group)
	}
	for name, list := range byRig {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := start(t, name)
			for _, r := range list {
				t.Run(r.ID(), func(t *testing.T) { //nolint:paralleltest // The back ends tell who got a message.
					g.run(t, r)
				})
			}
		})
	}
}

// rig is the program with one configuration, and its back ends.
type rig struct {
	front string
	backs map[string]*testbed.Backend
	names *strings.Replacer // FRONT, GOOD: addresses
}

// scripts are the back ends by name. Others do not listen.
func scripts() map[string]testbed.Script {
	fixed := func(octets string) testbed.Script {
		return func(*testbed.Received) testbed.Answer { return testbed.Answer{Octets: []byte(octets)} }
	}
	const fault = `<s:Envelope xmlns:s="` + testbed.NamespaceSOAP12 + `" xmlns:a="` + testbed.NamespaceWSA10 + `"><s:Header><a:Action>` + testbed.NamespaceWSA10 +
		`/soap/fault</a:Action></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text xml:lang="en">broken</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`
	answer := func(r *testbed.Received) testbed.Answer {
		if r.Target == "/match" || r.Target == "/other" || r.Target == "/good" || r.Target == "/app" || r.Target == "/x" {
			return testbed.Answer{Make: reply}
		}
		return testbed.Answer{Octets: []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")}
	}
	return map[string]testbed.Script{
		"good": answer, "match": answer, "other": answer,
		"busy":   fixed("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
		"faulty": fixed(fmt.Sprintf("HTTP/1.1 500 Fault\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(fault), fault)),
	}
}

// reply is the usual answer, with the Action that WCF makes of the request's only
// where the version has one.
func reply(r *testbed.Received) []byte {
	m := r.Reply()
	if m.Addressing == testbed.AddressingNone {
		m.Action = ""
	}
	return m.Response(200, false)
}

func start(t *testing.T, name string) *rig {
	t.Helper()
	config, err := os.ReadFile("testdata/" + name + ".config")
	require.NoError(t, err)
	settings, err := os.ReadFile("testdata/" + name + ".yaml")
	require.NoError(t, err)
	g := &rig{backs: map[string]*testbed.Backend{}}
	var addresses []string
	for name, script := range scripts() {
		g.backs[name] = testbed.NewBackend(t, testbed.BackendOptions{Script: script})
		addresses = append(addresses, "@"+name+"@", g.backs[name].Addr())
	}
	p := testbed.Start(t, strings.NewReplacer(addresses...).Replace(string(config)), string(settings))
	g.front = p.Addr("front")
	g.names = strings.NewReplacer("FRONT", g.front, "GOOD", g.backs["good"].Addr())
	return g
}

// request gives the octets of a row.
func (g *rig) request(t *testing.T, r testbed.Row) []byte {
	t.Helper()
	line, version, action, headers := r.Fields[2], r.Fields[3], r.Fields[4], g.names.Replace(r.Fields[5])
	envelope, wsa, _ := strings.Cut(version, "/")
	namespace, media := testbed.NamespaceSOAP11, "text/xml; charset=utf-8"
	if envelope == "12" {
		namespace, media = testbed.NamespaceSOAP12, "application/soap+xml; charset=utf-8"
	}
	declared := map[string]string{"": "", "10": testbed.NamespaceWSA10, "04": testbed.NamespaceWSA200408}[wsa]
	if declared != "" {
		declared = ` xmlns:a="` + declared + `"`
	}
	if headers != "" {
		headers = "<s:Header>" + headers + "</s:Header>"
	}
	body := fmt.Sprintf(`<s:Envelope xmlns:s=%q%s xmlns:t="urn:acme" xmlns:o="urn:orders">%s<s:Body><o:Place><o:qty>7</o:qty></o:Place></s:Body></s:Envelope>`, namespace, declared, headers)
	fields := "Content-Type: " + media
	switch {
	case action != "-" && envelope == "12":
		fields += "; action=" + action + "\r\n"
	case action != "-":
		fields += "\r\nSOAPAction: " + action + "\r\n"
	default:
		fields += "\r\n"
	}
	if strings.HasPrefix(line, "GET ") {
		body, fields = "", ""
	}
	return fmt.Appendf(nil, "%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", line, g.front, fields, len(body), body)
}

func (g *rig) run(t *testing.T, r testbed.Row) {
	t.Helper()
	before := map[string]int{}
	for name, b := range g.backs {
		before[name] = len(b.Received())
	}
	c, err := testbed.Dial(t.Context(), g.front, nil)
	require.NoError(t, err)
	defer c.Close()
	answer, err := c.Exchange(g.request(t, r), wait)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, answer.Fields.Write(&text))
	text.Write(answer.Body)
	var sent string
	for part := range strings.SplitSeq(r.Fields[6], ";;") {
		part = g.names.Replace(strings.TrimSpace(part))
		word, rest, _ := strings.Cut(part, " ")
		switch word {
		case "back":
			sent = g.arrived(t, before, strings.Fields(rest))
		case "answer":
			assert.Contains(t, text.String(), rest)
		case "sent":
			assert.Contains(t, sent, rest)
		case "no":
			where, what, _ := strings.Cut(rest, " ")
			assert.NotContains(t, map[string]string{"answer": text.String(), "sent": sent}[where], what)
		default:
			status, err := strconv.Atoi(part)
			require.NoError(t, err, part)
			assert.Equal(t, status, answer.Status, "%s", text.String())
		}
	}
	if t.Failed() {
		t.Logf("%s\nanswer: %d %s\nsent: %s", r.Line, answer.Status, text.String(), sent)
	}
}

// arrived waits until each of those back ends got one message more, and returns
// the octets of the last; the others got none.
func (g *rig) arrived(t *testing.T, before map[string]int, want []string) string {
	t.Helper()
	got := func() []string {
		var list []string
		for name, b := range g.backs {
			for range len(b.Received()) - before[name] {
				list = append(list, name)
			}
		}
		slices.Sort(list)
		return list
	}
	sorted := slices.Sorted(slices.Values(want))
	assert.Eventually(t, func() bool { return len(got()) >= len(want) }, wait, time.Millisecond)
	assert.Equal(t, sorted, got(), "back ends that got the message")
	if len(want) == 0 || t.Failed() {
		return ""
	}
	received := g.backs[want[len(want)-1]].Received()
	return string(received[len(received)-1].Octets)
}
