package admin

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// record is one line of the access log on its way: what the handlers of slog
// write for the same attributes, at a fraction of the cost. A line for every
// message has to be cheap.
type record struct {
	octets []byte
	json   bool
}

var records = sync.Pool{New: func() any { return &record{octets: make([]byte, 0, 512)} }}

// timeFormat is the time of slog's text handler; JSON has nanoseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// begin writes what every line starts with. The zero time is left out.
func (r *record) begin(now time.Time, level slog.Level, msg string) {
	r.octets = r.octets[:0]
	if r.json {
		r.octets = append(r.octets, '{')
	}
	if !now.IsZero() {
		r.key("time")
		if r.json {
			r.octets = append(now.AppendFormat(append(r.octets, '"'), time.RFC3339Nano), '"')
		} else {
			r.octets = now.AppendFormat(r.octets, timeFormat)
		}
	}
	r.string("level", level.String())
	r.string("msg", msg)
}

// end closes the line.
func (r *record) end() []byte {
	if r.json {
		r.octets = append(r.octets, '}')
	}
	r.octets = append(r.octets, '\n')
	return r.octets
}

func (r *record) key(name string) {
	first := len(r.octets) == 0 || r.json && len(r.octets) == 1
	switch {
	case r.json:
		if !first {
			r.octets = append(r.octets, ',')
		}
		r.octets = append(append(append(r.octets, '"'), name...), `":`...)
	default:
		if !first {
			r.octets = append(r.octets, ' ')
		}
		r.octets = append(append(r.octets, name...), '=')
	}
}

// string writes a value that may come from a message: cut, and quoted where it
// holds what would begin a line or act on a terminal (threats T-LOG-01).
func (r *record) string(name, value string) {
	r.key(name)
	value = cut(value)
	switch {
	case !r.json && plain(value):
		r.octets = append(r.octets, value...)
	case !r.json:
		r.octets = strconv.AppendQuote(r.octets, value)
	case plain(value):
		r.octets = append(append(append(r.octets, '"'), value...), '"')
	default:
		quoted, err := json.Marshal(value)
		if err != nil {
			quoted = []byte(`""`) // a string has no way to fail
		}
		r.octets = append(r.octets, quoted...)
	}
}

func (r *record) int(name string, n int64) {
	r.key(name)
	r.octets = strconv.AppendInt(r.octets, n, 10)
}

// duration writes 1.5ms, in JSON the nanoseconds.
func (r *record) duration(name string, d time.Duration) {
	if r.json {
		r.int(name, int64(d))
		return
	}
	r.key(name)
	r.octets = append(r.octets, d.String()...)
}

func (r *record) address(name string, a netip.AddrPort) {
	r.key(name)
	if r.json {
		r.octets = append(a.AppendTo(append(r.octets, '"')), '"')
		return
	}
	if !a.IsValid() {
		r.octets = append(r.octets, `"invalid AddrPort"`...)
		return
	}
	r.octets = a.AppendTo(r.octets)
}

// plain reports whether a value needs no quotes in a text line and no escape in
// JSON.
func plain(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f || c == '<' || c == '>' || c == '&' {
				return false
			}
			i++
			continue
		}
		x, size := utf8.DecodeRuneInString(s[i:])
		if x == utf8.RuneError || unicode.IsSpace(x) || !unicode.IsPrint(x) {
			return false
		}
		i += size
	}
	return s != ""
}
