package settings

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// scalar reads one value by its row: override before file before default.
func scalar[T any](r *reader, g group, key string, parse func(*Row, string) (T, error)) Value[T] {
	rw := row(g.join(key))
	var v Value[T]
	if rw.Default != "" {
		v.v, _ = parse(rw, rw.Default) // TestReference_defaults parses every default
		v.Origin = FromDefault
	}
	if n := g.keys[key]; n != nil {
		v = fileValue(r, rw, n, v, parse)
	}
	if text, where, ok := r.overrides.lookup(rw); ok {
		x, err := parse(rw, text)
		if err != nil {
			r.errs = append(r.errs, &Error{Path: rw.Name, Text: fmt.Sprintf("%s: %v", where, err)})
			return v
		}
		v = Value[T]{v: x, Origin: FromOverride}
		if isPending(rw.Name) {
			r.unbuilt = append(r.unbuilt, &Error{Path: rw.Name, Text: where + ": not built yet in this version; remove it"})
		}
	}
	return v
}

func fileValue[T any](r *reader, rw *Row, n *yaml.Node, v Value[T], parse func(*Row, string) (T, error)) Value[T] {
	switch n.Kind {
	case yaml.ScalarNode:
	case yaml.MappingNode:
		r.fail(n, rw.Name, "%s: write one value, in quotation marks where it holds a colon", rw.Name)
		return v
	default:
		r.fail(n, rw.Name, "%s: write one value%s", rw.Name, aliasHint(n))
		return v
	}
	if isNull(n) {
		r.fail(n, rw.Name, "%s: the value is missing; write one, or remove the key", rw.Name)
		return v
	}
	x, err := parse(rw, n.Value)
	if err != nil {
		r.fail(n, rw.Name, "%s: %v", rw.Name, err)
		return v
	}
	return Value[T]{v: x, Pos: r.at(n), Origin: FromFile}
}

// list reads a list of scalars; a single value stands for a list of one.
func list[T any](r *reader, g group, key string, parse func(*Row, string) (T, error)) []Value[T] {
	rw := row(g.join(key))
	n := g.keys[key]
	if isNull(n) {
		return nil
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	out := make([]Value[T], 0, len(items))
	for _, item := range items {
		out = append(out, fileValue(r, rw, item, Value[T]{}, parse))
	}
	return out
}

func (r *reader) text(g group, key string) Value[string]  { return scalar(r, g, key, parseText) }
func (r *reader) flag(g group, key string) Value[bool]    { return scalar(r, g, key, parseBool) }
func (r *reader) number(g group, key string) Value[int64] { return scalar(r, g, key, parseNumber) }

// parseText checks strings by the type of their row.
func parseText(rw *Row, s string) (string, error) {
	switch rw.Type {
	case "enum":
		if slices.Contains(rw.Values, s) {
			return s, nil
		}
		return "", fmt.Errorf("unknown value %s%s; use one of %s", quoteKey(s), meant(s, rw.Values), strings.Join(rw.Values, ", "))
	case "address":
		if s == "" && rw.Process {
			return "", nil // no such socket
		}
		return s, checkAddress(s)
	case "url":
		return s, checkURL(s)
	case "list of uris":
		return s, checkURI(s)
	case "field", "list of fields":
		return s, checkField(s)
	case "path":
		return cleanPath(s)
	case "string":
		if strings.ContainsAny(s, "\r\n\x00") {
			return "", errors.New("a line break stands in the value; write it on one line")
		}
	}
	if s == "" {
		return "", errors.New("the value is empty")
	}
	return s, nil
}

func meant(s string, values []string) string {
	if n := source.Nearest(s, values); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}

func checkAddress(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("use host:port, such as 127.0.0.1:8000 or [::1]:8000, or :8000 for every interface")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || len(port) > 5 || n > math.MaxUint16 {
		return errors.New("the port is a number from 0 to 65535")
	}
	return nil
}

// checkURL refuses credentials: secrets do not stand in the settings.
func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("use an absolute http or https URL, such as http://proxy.example:3128")
	case u.User != nil:
		return errors.New("a URL with a user name or password is refused; secrets do not stand in the settings")
	}
	return nil
}

// checkURI accepts what To may hold.
func checkURI(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || !u.IsAbs() || strings.ContainsAny(s, " \t\r\n"):
		return errors.New("use an absolute URI, such as https://public.example/orders or urn:orders")
	case u.User != nil:
		return errors.New("a URI with a user name or password is refused; secrets do not stand in the settings")
	}
	return nil
}

// checkField accepts a token (RFC 9110, 5.1).
func checkField(s string) error {
	for _, c := range []byte(s) {
		if !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return errors.New("use the name of an HTTP field, such as X-Request-ID")
		}
	}
	if s == "" {
		return errors.New("the value is empty")
	}
	return nil
}

// cleanPath gives a path without a slash at its end, except for the root.
func cleanPath(s string) (string, error) {
	if !strings.HasPrefix(s, "/") || strings.ContainsAny(s, "?#\\ ") || path.Clean(s) != strings.TrimSuffix(s, "/") && s != "/" {
		return "", errors.New("use a path such as /shop, without query, empty or dot segments")
	}
	return path.Clean(s), nil
}

func parseBool(_ *Row, s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("use true or false")
}

func parseNumber(rw *Row, s string) (int64, error) {
	parse, form := parseInt, "a whole number"
	if rw.Type == "size" {
		parse, form = parseSize, "a size such as 65536, 64KiB or 1MiB"
	}
	n, err := parse(s)
	if err != nil {
		return 0, fmt.Errorf("use %s", form)
	}
	if n < rw.Min {
		return 0, fmt.Errorf("use %s, and at least %d", form, rw.Min)
	}
	if rw.Max > 0 && n > rw.Max {
		return 0, fmt.Errorf("use %s, and at most %d", form, rw.Max)
	}
	return n, nil
}

func parseInt(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

var units = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"kB", 1e3},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// parseSize reads octets: a number, alone or with a unit.
func parseSize(s string) (int64, error) {
	factor := int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, factor = strings.TrimRight(rest, " "), u.factor
			break
		}
	}
	n, err := parseInt(s)
	if err != nil || n > math.MaxInt64/factor {
		return 0, errors.New("not a size")
	}
	return n * factor, nil
}

func parseDuration(_ *Row, s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New("use a time such as 5s, 1m30s or 2h")
	}
	return d, nil
}

func parsePrefix(_ *Row, s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("use a network such as 10.0.0.0/8, or an address")
	}
	return p.Masked(), nil
}

// quoteKey shows a word of the file, or a name of parts with dots, as .NET has
// them; other text may be anything, and is not shown.
func quoteKey(s string) string {
	longest := 40
	if strings.Contains(s, ".") {
		longest = 200
	}
	if len(s) > longest || strings.ContainsAny(s, " \t\r\n=:@") {
		return "(not shown)"
	}
	return strconv.Quote(s)
}

func didYouMean(s string, known []string) string {
	if n := source.Nearest(s, known); n != "" {
		return "; did you mean " + n + "?"
	}
	return "; use one of " + strings.Join(known, ", ")
}
