package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// maxSecret bounds the file that a reference names.
const maxSecret = 64 << 10

// SecretRef names where a secret stands: file:PATH or env:NAME. It is no secret
// itself. The zero SecretRef names none.
type SecretRef struct{ kind, name string }

// IsZero reports whether there is no reference.
func (r SecretRef) IsZero() bool { return r.kind == "" }

// String gives the reference as it is written, "" for none.
func (r SecretRef) String() string {
	if r.IsZero() {
		return ""
	}
	return r.kind + ":" + r.name
}

// Load reads the secret: the file without the line break at its end, or the
// variable. It is read anew each time, so that a reload sees a changed one. An
// empty secret is an error, and so is a file over 64 KiB.
func (r SecretRef) Load() (Secret, error) {
	var text []byte
	switch r.kind {
	case "":
		return Secret{}, errors.New("no secret is named")
	case "env":
		text = []byte(os.Getenv(r.name))
	default:
		f, err := os.Open(r.name)
		if err != nil {
			return Secret{}, fmt.Errorf("%s: %s", r, plain(err))
		}
		defer func() { _ = f.Close() }()
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return Secret{}, fmt.Errorf("%s: not a regular file", r)
		}
		if text, err = io.ReadAll(io.LimitReader(f, maxSecret+1)); err != nil {
			return Secret{}, fmt.Errorf("%s: %s", r, plain(err))
		}
		text = bytes.TrimRight(text, "\r\n")
	}
	switch {
	case len(text) == 0:
		return Secret{}, fmt.Errorf("%s: the secret is empty", r)
	case len(text) > maxSecret:
		return Secret{}, fmt.Errorf("%s: larger than 64 KiB", r)
	}
	return Secret{text: text}, nil
}

// parseSecret accepts references only, and shows nothing of what else may stand
// there: it may be the secret.
func parseSecret(_ *Row, s string) (SecretRef, error) {
	kind, name, _ := strings.Cut(s, ":")
	if kind != "file" && kind != "env" || name == "" || kind == "env" && strings.ContainsAny(name, "= \x00") {
		return SecretRef{}, errors.New("use file:PATH or env:NAME; a secret does not stand in the settings")
	}
	return SecretRef{kind: kind, name: name}, nil
}

// Secret is a value that nothing prints: every way of formatting it gives
// "(redacted)" (threats T-CFG-02).
type Secret struct{ text []byte }

const redacted = "(redacted)"

// Reveal returns the secret. The caller neither keeps nor changes it.
func (s Secret) Reveal() []byte { return s.text }

// String gives "(redacted)".
func (s Secret) String() string { return redacted }

// GoString gives "(redacted)".
func (s Secret) GoString() string { return redacted }

// Format gives "(redacted)" whatever the verb is.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue gives "(redacted)".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives "(redacted)", for JSON and YAML too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
