package configs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// valueType is the syntax of an attribute's text (spec wcf-config 0).
type valueType uint8

const (
	tString valueType = iota
	tBool
	tInt
	tTimeSpan
	tEnum
	tFlags
	tURI
	tEncoding
	tMessageVersion
)

func (t valueType) String() string {
	return [...]string{"string", "bool", "int", "TimeSpan", "enum", "flags", "Uri", "Encoding", "MessageVersion"}[t]
}

var messageVersions = []string{
	"Soap11", "Soap12", "Soap11WSAddressing10", "Soap12WSAddressing10",
	"Soap11WSAddressingAugust2004", "Soap12WSAddressingAugust2004", "None", "Default",
}

// parse reads the text of an attribute. The error says what is legal, and
// leaves quoting the text to the caller.
func (a attribute) parse(text string) (any, error) {
	switch a.typ {
	case tBool:
		return parseBool(text)
	case tInt:
		return a.parseInt(text)
	case tTimeSpan:
		return parseTimeSpan(text, a.min)
	case tEnum:
		v, err := parseEnum(text, a.enum)
		if m, ok := a.means[v]; ok {
			v = m
		}
		return v, err
	case tFlags:
		return a.parseFlags(text)
	case tURI:
		return parseURI(text)
	case tEncoding:
		return parseEncoding(text)
	case tMessageVersion:
		return parseMessageVersion(text)
	default:
		return a.parseString(text)
	}
}

// parseString checks the length, in UTF-16 units as .NET counts it.
func (a attribute) parseString(s string) (string, error) {
	if a.min == 0 && a.max == 0 || s == "" {
		return s, nil
	}
	switch n := int64(len(utf16.Encode([]rune(s)))); {
	case n < a.min:
		return "", fmt.Errorf("use at least %d characters", a.min)
	case a.max > 0 && n > a.max:
		return "", fmt.Errorf("use at most %d characters", a.max)
	}
	return s, nil
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("use true or false")
}

// parseInt follows .NET's converter: decimal, or hexadecimal behind 0x, &h or #.
func (a attribute) parseInt(s string) (int64, error) {
	lo, hi := a.min, a.max
	if lo == 0 && hi == 0 {
		lo, hi = -maxInt-1, maxInt
	}
	s = strings.TrimSpace(s)
	digits, base := s, 10
	for _, p := range []string{"0x", "0X", "&h", "&H", "#"} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			digits, base = rest, 16
		}
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil || base == 16 && strings.ContainsAny(digits, "+-") || n < lo || n > hi {
		return 0, fmt.Errorf("use a whole number from %d to %d", lo, hi)
	}
	return n, nil
}

var (
	errTimeSpan = errors.New("use [d.]hh:mm[:ss[.fffffff]] or Infinite; a bare number means days")
	errRange    = errors.New("use 00:00:00 to 24.20:31:23.6470000, or Infinite")
	errZero     = errors.New("use more than 00:00:00, up to 24.20:31:23.6470000, or Infinite")
)

const (
	day  = 24 * time.Hour
	tick = 100 * time.Nanosecond
	// maxTimeSpan is 2^31-1 ms, the longest finite time that WCF takes.
	maxTimeSpan = (1<<31 - 1) * time.Millisecond
	// hugeTimeSpan is .NET's TimeSpan.MaxValue, which stands for Infinite.
	hugeTimeSpan = "10675199.02:48:05.4775807"
)

// parseTimeSpan reads a TimeSpan of at least so many ticks. A bare integer is a
// number of days.
func parseTimeSpan(s string, least int64) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "Infinite") || s == hugeTimeSpan {
		return Infinite, nil
	}
	rest, negative := strings.CutPrefix(s, "-")
	days, rest, err := leadingDays(rest)
	if err != nil {
		return 0, err
	}
	d := time.Duration(min(days, 1000)) * day
	if rest != "" {
		clock, err := parseClock(rest)
		if err != nil {
			return 0, err
		}
		d += clock
	}
	if negative {
		d = -d
	}
	switch {
	case d > maxTimeSpan:
		return 0, errRange
	case d >= time.Duration(least)*tick:
		return d, nil
	case least > 0:
		return 0, errZero
	}
	return 0, errRange
}

// leadingDays splits "d", "d.hh:mm" and "hh:mm" into days and clock.
func leadingDays(s string) (int64, string, error) {
	head, clock := s, ""
	if strings.Contains(s, ":") {
		head, clock = "0", s
		if i := strings.IndexByte(s, '.'); i >= 0 && i < strings.IndexByte(s, ':') {
			head, clock = s[:i], s[i+1:]
		}
	}
	n, err := digits(head, 8)
	return n, clock, err
}

// parseClock reads hh:mm[:ss[.fffffff]].
func parseClock(s string) (time.Duration, error) {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, errTimeSpan
	}
	var fraction time.Duration
	if len(parts) == 3 {
		sec, frac, dot := strings.Cut(parts[2], ".")
		parts[2] = sec
		if dot {
			n, err := digits(frac, 7)
			if err != nil {
				return 0, err
			}
			for range 7 - len(frac) {
				n *= 10
			}
			fraction = time.Duration(n) * 100 // a tick is 100 ns
		}
	}
	total, unit := fraction, time.Hour
	for i, p := range parts {
		n, err := digits(p, 2)
		if err != nil {
			return 0, err
		}
		if i == 0 && n > 23 || i > 0 && n > 59 {
			return 0, errors.New("hours go to 23, minutes and seconds to 59")
		}
		total += time.Duration(n) * unit
		unit /= 60
	}
	return total, nil
}

func digits(s string, most int) (int64, error) {
	if s == "" || len(s) > most {
		return 0, errTimeSpan
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, errTimeSpan
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errTimeSpan
	}
	return n, nil
}

// parseEnum is case-sensitive and takes no blanks, as GenericEnumConverter does.
func parseEnum(s string, members []string) (string, error) {
	if slices.Contains(members, s) {
		return s, nil
	}
	hint := ""
	if n := source.Nearest(strings.TrimSpace(s), members); n != "" {
		hint = "did you mean " + n + "? "
	}
	return "", fmt.Errorf("%suse one of %s", hint, strings.Join(members, ", "))
}

// parseFlags reads a comma list of members, and gives them once each in the
// order of the enumeration.
func (a attribute) parseFlags(s string) ([]string, error) {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil && a.anyCase {
		return []string{s}, nil
	}
	if s == "" || s != strings.TrimSpace(s) && !a.anyCase {
		return nil, fmt.Errorf("use a comma list of %s", strings.Join(a.enum, ", "))
	}
	set := make([]bool, len(a.enum))
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		i := slices.IndexFunc(a.enum, func(m string) bool { return m == part || a.anyCase && strings.EqualFold(m, part) })
		if i < 0 {
			_, err := parseEnum(part, a.enum)
			return nil, err
		}
		set[i] = true
	}
	var out []string
	for i, m := range a.enum {
		if set[i] {
			out = append(out, m)
		}
	}
	return out, nil
}

// parseURI takes what .NET's converter takes: relative or absolute. What an
// address may be is for its consumer to say.
func parseURI(s string) (string, error) {
	s = strings.TrimSpace(s)
	for _, r := range s {
		if r < 0x20 || r == 0x7f {
			return "", errors.New("a URI holds no control characters")
		}
	}
	return s, nil
}

var encodings = map[string]string{
	"utf-8": "utf-8", "utf-16": "utf-16", "unicode": "utf-16", "utf-16le": "utf-16",
	"unicodefffe": "utf-16BE", "utf-16be": "utf-16BE",
}

func parseEncoding(s string) (string, error) {
	if e, ok := encodings[strings.ToLower(strings.TrimSpace(s))]; ok {
		return e, nil
	}
	return "", errors.New("only utf-8, utf-16 (unicode) and utf-16BE (unicodeFFFE) travel on the wire")
}

func parseMessageVersion(s string) (string, error) {
	v, err := parseEnum(s, messageVersions)
	if v == "Default" {
		v = "Soap12WSAddressing10"
	}
	return v, err
}
