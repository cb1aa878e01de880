package binding

import (
	"errors"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// MediaType returns the media type of text messages of that version (wire
// formats 6.1).
func MediaType(v soap.EnvelopeVersion) string {
	switch v {
	case soap.SOAP11:
		return "text/xml"
	case soap.SOAP12:
		return "application/soap+xml"
	default:
		return "application/xml"
	}
}

// ContentType returns the content type that WCF's text encoder writes, spacing
// included: readers are known that compare it as a string.
func ContentType(v soap.EnvelopeVersion, c CharacterEncoding) string {
	return MediaType(v) + "; charset=" + [...]string{"utf-8", "utf-16LE", "utf-16BE"}[c]
}

// ParseContentType parses the content type of a text message (wire formats
// 6.2). It takes the three character encodings of WCF, with or without quotes,
// and ignores parameters that it does not know.
func ParseContentType(contentType string, want soap.EnvelopeVersion) (Media, error) {
	if contentType == "" {
		return Media{}, refusal.New(refusal.HTTPContentType, -1, "missing content type")
	}
	mediaType, rest, _ := strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), MediaType(want)) {
		return Media{}, unexpectedType(contentType, want)
	}
	var m Media
	charset := false
	for rest != "" {
		var name, value string
		var ok bool
		if name, value, rest, ok = nextParameter(rest); !ok {
			return Media{}, unexpectedType(contentType, want)
		}
		switch {
		case strings.EqualFold(name, "charset"):
			if charset || !knownCharset(value) {
				return Media{}, unexpectedType(contentType, want)
			}
			m.Charset, charset = strings.ToLower(value), true
		case strings.EqualFold(name, "action"):
			if m.HasAction && m.Action != value {
				return Media{}, refusal.New(refusal.HTTPDuplicate, -1, "two action parameters")
			}
			m.Action, m.HasAction = value, true
		}
	}
	return m, nil
}

// ErrOtherSOAP is in the chain of the refusal of a content type that belongs to
// another version of SOAP.
var ErrOtherSOAP = errors.New("content type of another version of SOAP")

func unexpectedType(got string, want soap.EnvelopeVersion) error {
	err := refusal.Newf(refusal.HTTPContentType, -1, "content type %q is not the expected %q", got, ContentType(want, UTF8))
	mediaType, _, _ := strings.Cut(got, ";")
	mediaType = strings.TrimSpace(mediaType)
	if want == soap.SOAP12 && strings.EqualFold(mediaType, MediaType(soap.SOAP11)) ||
		want == soap.SOAP11 && strings.EqualFold(mediaType, MediaType(soap.SOAP12)) {
		err.Err = ErrOtherSOAP
	}
	return err
}

func knownCharset(s string) bool {
	for _, c := range [...]string{"utf-8", "utf-16le", "utf-16be", "utf-16"} {
		if strings.EqualFold(s, c) {
			return true
		}
	}
	return false
}

// nextParameter cuts the first parameter off s (RFC 9110, 5.6.6). An empty
// parameter, as in "a; ;b=c", has no name.
func nextParameter(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	if s == "" || s[0] == ';' {
		return "", "", strings.TrimPrefix(s, ";"), true
	}
	name, s, ok = strings.Cut(s, "=")
	if !ok || name == "" || strings.ContainsAny(name, " \t;\"") {
		return "", "", "", false
	}
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimRight(value, " \t"), rest, true
	}
	value, s, ok = cutQuoted(s[1:])
	if !ok {
		return "", "", "", false
	}
	s = strings.TrimLeft(s, " \t")
	if s != "" && s[0] != ';' {
		return "", "", "", false
	}
	return name, value, strings.TrimPrefix(s, ";"), true
}

// cutQuoted reads a quoted string behind its first quote (RFC 9110, 5.6.4).
func cutQuoted(s string) (value, rest string, ok bool) {
	end := strings.IndexAny(s, `"\`)
	if end < 0 {
		return "", "", false
	}
	if s[end] == '"' {
		return s[:end], s[end+1:], true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
