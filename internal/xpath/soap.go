package xpath

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Indices of run.props.
const (
	propTo = iota
	propAction
	propMessageID
)

// soapFunctions are WCF's functions, prefix sm (dispatch 3.6).
var soapFunctions = map[string]*function{
	"header": {result: isNodes, where: atHeader, element: "Header", set: func(r *run, _ *term, _ context) { r.child("Header") }},
	"body":   {result: isNodes, where: atBody, element: "Body", set: func(r *run, _ *term, _ context) { r.child("Body") }},
	"soap-uri": {result: isString, text: func(r *run, _ *term, _ context) []byte {
		return r.spaces[r.envelopeSpace()].text
	}, near: true},
	"to":        propertyFunction("To", propTo),
	"action":    propertyFunction("Action", propAction),
	"messageId": propertyFunction("MessageID", propMessageID),
	"relatesTo": headersFunction("RelatesTo"),
	"replyTo":   headersFunction("ReplyTo"),
	"from":      headersFunction("From"),
	"faultTo":   headersFunction("FaultTo"),
	"headers-with-actor": {
		result: isNodes, least: 1, most: 1, reads: true, near: true, attrs: true, where: atBlock,
		set: headersWithActor,
	},
	"actor": {
		result: isString, least: 1, most: 1, nodes: true, near: true, attrs: true,
		text: func(r *run, t *term, c context) []byte { return r.role(r.block(t, c)) },
	},
	"is-mandatory": {
		result: isBoolean, least: 1, most: 1, nodes: true, near: true, attrs: true, boolean: isMandatory,
	},
	"is-actor-next": {
		result: isBoolean, least: 1, most: 1, nodes: true, near: true, attrs: true,
		boolean: func(r *run, t *term, c context) bool {
			i := r.block(t, c)
			return i > 0 && string(r.role(i)) == r.nextRole()
		},
	},
	"is-actor-ultimate-receiver": {
		result: isBoolean, least: 1, most: 1, nodes: true, near: true, attrs: true,
		boolean: func(r *run, t *term, c context) bool {
			i := r.block(t, c)
			return i > 0 && r.ultimate(r.role(i))
		},
	},
	"date-time": {result: isNumber, least: 1, most: 1, reads: true, number: func(r *run, t *term, c context) float64 {
		return dateTime(string(trim(r.string(t.args[0], c))))
	}},
	"duration": {result: isNumber, least: 1, most: 1, reads: true, number: func(r *run, t *term, c context) float64 {
		return duration(string(trim(r.string(t.args[0], c))))
	}},
	"utc-now": {result: isNumber, number: func(r *run, _ *term, _ context) float64 {
		if r.m.Now == nil {
			return math.NaN()
		}
		return days(r.m.Now().UTC())
	}},
	"correlation-data": {result: isString, least: 1, most: 1, reads: true, text: func(r *run, t *term, c context) []byte {
		return []byte(r.m.Data[string(r.string(t.args[0], c))])
	}},
}

func propertyFunction(header string, prop int) *function {
	return &function{
		result: isString, header: header, prop: prop + 1, attrs: true,
		text: func(r *run, _ *term, _ context) []byte { return r.property(header, prop) },
	}
}

func headersFunction(header string) *function {
	return &function{result: isNodes, where: atBlock, header: header, set: func(r *run, _ *term, _ context) {
		for h := r.header(); h > 0; h = 0 {
			for i := h + 1; i < r.nodes[h].last && r.visit(1); i = r.nodes[i].last {
				if r.addressing(i, header) {
					r.refs = append(r.refs, nodeRef(i))
				}
			}
		}
	}}
}

// envelope returns the node of Envelope, 0 when there is none.
func (r *run) envelope() int32 {
	for i := int32(1); i < r.nodes[0].last; i = r.nodes[i].last {
		if r.nodes[i].kind == nodeElement {
			return i
		}
	}
	return 0
}

func (r *run) envelopeSpace() int32 {
	if i := r.envelope(); i > 0 {
		return r.nodes[i].space
	}
	return 0
}

func (r *run) soap12() bool { return string(r.spaces[r.envelopeSpace()].text) == spaceSOAP12 }

// part returns the node of Header or Body, 0 when there is none.
func (r *run) part(local string) int32 {
	e := r.envelope()
	if e == 0 {
		return 0
	}
	space := spaceSOAP11
	if r.soap12() {
		space = spaceSOAP12
	}
	if string(r.spaces[r.nodes[e].space].text) != space || string(r.namePart(nodeRef(e), partLocal)) != "Envelope" {
		return 0
	}
	for i := e + 1; i < r.nodes[e].last && r.visit(1); i = r.nodes[i].last {
		if r.named(i, space, local) {
			return i
		}
	}
	return 0
}

func (r *run) header() int32 { return r.part("Header") }

func (r *run) child(local string) {
	if i := r.part(local); i > 0 {
		r.refs = append(r.refs, nodeRef(i))
	}
}

func (r *run) named(i int32, space, local string) bool {
	x := &r.nodes[i]
	return x.kind == nodeElement && string(r.spaces[x.space].text) == space && string(r.namePart(nodeRef(i), partLocal)) == local
}

func (r *run) addressing(i int32, local string) bool {
	return r.named(i, spaceWSA10, local) || r.named(i, spaceWSA04, local)
}

// property returns the value of the first header of its name that is meant for
// this node (dispatch 2.1), without the blanks around it; else what the transport
// told. It is found once for all expressions.
func (r *run) property(header string, prop int) []byte {
	p := &r.props[prop]
	if p.known {
		return p.value
	}
	p.known = true
	for h := r.header(); h > 0; h = 0 {
		for i := h + 1; i < r.nodes[h].last && r.visit(1); i = r.nodes[i].last {
			if !r.addressing(i, header) {
				continue
			}
			if role := r.role(i); r.ultimate(role) || string(role) == r.nextRole() {
				p.value = r.keepText(trim(r.stringOf(nodeRef(i))))
				return p.value
			}
		}
	}
	switch prop {
	case propTo:
		p.value = []byte(r.m.To)
	case propAction:
		p.value = []byte(r.m.Action)
	}
	return p.value
}

// keepText makes a value that lasts as long as the run.
func (r *run) keepText(b []byte) []byte {
	from := len(r.lasting)
	r.lasting = append(r.lasting, b...)
	return r.lasting[from:len(r.lasting):len(r.lasting)]
}

// block returns the header that contains the first node of the argument, 0 when
// there is none.
func (r *run) block(t *term, c context) int32 {
	base := r.set(t.args[0], c)
	found := int32(0)
	if h := r.header(); h > 0 && len(r.refs) > base {
		for i := r.refs[base].index(); i > h && r.visit(1); i = r.nodes[i].parent {
			if r.nodes[i].parent == h && r.nodes[i].kind == nodeElement {
				found = i
				break
			}
		}
	}
	r.refs = r.refs[:base]
	return found
}

// mark returns the value of a SOAP attribute of a header.
func (r *run) mark(i int32, local string) []byte {
	space := r.spaces[r.envelopeSpace()].text
	for k := range int32(r.nodes[i].nAttrs) {
		a := &r.attrs[r.nodes[i].attrs+k]
		if string(a.local) == local && bytes.Equal(r.spaces[a.space].text, space) {
			return r.stringOf(nodeRef(i) | firstAttr + ref(k))
		}
	}
	return nil
}

// role returns the role that a header is aimed at, empty without one.
func (r *run) role(i int32) []byte {
	switch {
	case i == 0:
		return nil
	case r.soap12():
		return r.mark(i, "role")
	}
	return r.mark(i, "actor")
}

func (r *run) nextRole() string {
	if r.soap12() {
		return spaceSOAP12 + "/role/next"
	}
	return "http://schemas.xmlsoap.org/soap/actor/next"
}

// ultimate: no role at all means the ultimate receiver (SOAP 1.2 Part 1, 5.2.2).
func (r *run) ultimate(role []byte) bool {
	return len(role) == 0 || r.soap12() && string(role) == spaceSOAP12+"/role/ultimateReceiver"
}

func isMandatory(r *run, t *term, c context) bool {
	i := r.block(t, c)
	if i == 0 {
		return false
	}
	want := "1"
	if r.soap12() {
		want = "true"
	}
	return string(r.mark(i, "mustUnderstand")) == want
}

func headersWithActor(r *run, t *term, c context) {
	want := r.string(t.args[0], c)
	h := r.header()
	if h == 0 {
		return
	}
	for i := h + 1; i < r.nodes[h].last && r.visit(1); i = r.nodes[i].last {
		if r.nodes[i].kind == nodeElement && bytes.Equal(r.role(i), want) {
			r.refs = append(r.refs, nodeRef(i))
		}
	}
}

// day is the unit of times and durations.
const day = 24 * float64(time.Hour)

// days counts from the first day of year 1, as .NET does.
func days(t time.Time) float64 {
	const toUnix = 62_135_596_800 // seconds from year 1 to 1970
	return (float64(t.Unix()+toUnix)*float64(time.Second) + float64(t.Nanosecond())) / day
}

// dateTime reads an xs:dateTime or xs:date; a time without a zone counts as UTC.
// Anything else is NaN.
func dateTime(s string) float64 {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02", "2006-01-02Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return days(t)
		}
	}
	return math.NaN()
}

// duration reads an xs:duration; a year has 365 days and a month 30, as in .NET.
// Anything else is NaN.
func duration(s string) float64 {
	s, negative := strings.CutPrefix(s, "-")
	s, ok := strings.CutPrefix(s, "P")
	if !ok {
		return math.NaN()
	}
	date, clock, hasClock := strings.Cut(s, "T")
	total, ok1 := units(date, "YMD", []float64{365, 30, 1}, false)
	more, ok2 := units(clock, "HMS", []float64{1. / 24, 1. / 1440, 1. / 86400}, true)
	if !ok1 || !ok2 || date == "" && clock == "" || hasClock && clock == "" {
		return math.NaN()
	}
	if total += more; negative {
		return -total
	}
	return total
}

// units adds up numbers that end in letters, each at most once and in order. Only
// the last may have a fraction.
func units(s, letters string, worth []float64, fraction bool) (total float64, ok bool) {
	for s != "" {
		n := strings.IndexAny(s, letters)
		if n < 1 {
			return 0, false
		}
		k := strings.IndexByte(letters, s[n])
		point := strings.IndexByte(s[:n], '.')
		if strings.Trim(s[:n], "0123456789.") != "" || point >= 0 && (!fraction || k != len(letters)-1 || point == n-1) {
			return 0, false
		}
		v, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return 0, false
		}
		total += v * worth[k]
		letters, worth, s = letters[k+1:], worth[k+1:], s[n+1:]
	}
	return total, true
}
