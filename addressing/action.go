package addressing

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// MaxAction is the longest action that a transport may claim, in octets as
// written (threats T-SOAP-08).
const MaxAction = 4096

// ParseAction reads the value of a SOAPAction field or of an action parameter
// (dispatch 5.6): it is URL-decoded once, where '+' is a blank, and one pair of
// quotes around it is dropped. Both an absent and an empty value are "".
//
// A quote without its partner, a value longer than [MaxAction], octets that are
// not UTF-8 and decoded control characters are a *refusal.Error with
// http.header.
func ParseAction(value string) (Action, error) {
	if len(value) > MaxAction {
		return "", refusal.Newf(refusal.HTTPHeader, -1, "action of %d octets", len(value))
	}
	value = strings.Trim(value, " \t")
	value, quoted, err := unquoteAction(value)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(value, "%+") {
		value = decodeAction(value)
		if !quoted { // WCF decodes before it looks for quotes
			if value, _, err = unquoteAction(value); err != nil {
				return "", err
			}
		}
	}
	for i := range len(value) {
		if value[i] < ' ' && value[i] != '\t' || value[i] == 0x7f {
			return "", refusal.Newf(refusal.HTTPHeader, -1, "control character %#x in action", value[i])
		}
	}
	if !utf8.ValidString(value) {
		return "", refusal.New(refusal.HTTPHeader, -1, "action is not UTF-8")
	}
	return Action(value), nil
}

func unquoteAction(s string) (text string, quoted bool, err error) {
	first, last := strings.HasPrefix(s, `"`), strings.HasSuffix(s, `"`)
	switch {
	case !first && !last:
		return s, false, nil
	case !first || !last || len(s) == 1:
		return "", false, refusal.New(refusal.HTTPHeader, -1, "quote without partner around action")
	}
	return s[1 : len(s)-1], true, nil
}

// decodeAction decodes percent codes and '+'. What is no percent code stays, as
// in .NET's HttpUtility.
func decodeAction(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && hexValue(s[i+1]) < 16 && hexValue(s[i+2]) < 16:
			b.WriteByte(hexValue(s[i+1])<<4 | hexValue(s[i+2]))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// hexValue returns the value of a hexadecimal digit, 16 or more for others.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	default:
		return 16
	}
}

// FormatAction writes an action as the value of a SOAPAction field or of an
// action parameter: quoted, and percent-encoded so that [ParseAction] gives it
// back and no character can leave the field.
func FormatAction(a Action) string {
	b := make([]byte, 0, len(a)+2)
	b = append(b, '"')
	for i := range len(a) {
		if c := a[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"%+<>\\^`{|}", c) >= 0 {
			const digits = "0123456789ABCDEF"
			b = append(b, '%', digits[c>>4], digits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// ActionMismatchError says that the transport claims another action than the
// message has. It gives the fault FT-08, in 2004/08 FT-09.
type ActionMismatchError struct {
	Claim  Action // of the transport
	Header Action // of the message
}

func (e *ActionMismatchError) Error() string {
	return fmt.Sprintf("action %q of the transport is not Action %q of the message", e.Claim, e.Header)
}

// MatchAction checks the action that a transport claims against the Action
// header (dispatch 5.6). An empty claim never differs, and without addressing
// headers there is nothing to compare. Errors: *[ActionMismatchError], or a
// *[CardinalityError] when Action occurs twice.
func MatchAction(claim Action, p *Properties, v soap.Version) error {
	if claim == "" || v.Addressing == soap.AddressingNone {
		return nil
	}
	a, err := p.Action()
	if err != nil {
		return err
	}
	if a != claim {
		return &ActionMismatchError{Claim: claim, Header: a}
	}
	return nil
}
