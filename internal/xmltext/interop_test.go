//go:build interop

package xmltext_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stricter are the complaints of libxml2 about what Viaduct accepts, with the
// reason why it does.
var stricter = []struct{ complaint, reason string }{
	{"xmlParseCharRef: invalid xmlChar value", "references to U+0001 to U+001F pass, as in .NET (wire-formats 6.3)"},
	{"is not a valid URI", "a namespace is compared as a string, whatever it is (Namespaces in XML 1.0, 2.3)"},
}

// complaint matches a line such as "doc1.xml:1: parser error : text".
var complaint = regexp.MustCompile(`^doc(\d+)\.xml:\d+: \w+ error : (.*)$`)

// TestInterop_Libxml2 asserts that libxml2 accepts whatever the full level accepts.
func TestInterop_Libxml2(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("xmllint")
	require.NoError(t, err, "install the Debian package libxml2-utils")
	docs := interopDocuments()
	dir := t.TempDir()
	args := []string{"--noout", "--nonet"}
	for i, doc := range docs {
		name := fmt.Sprintf("doc%d.xml", i)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), doc, 0o600))
		args = append(args, name)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // the exit status tells only whether any document was refused
	refused := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if m := complaint.FindStringSubmatch(strings.TrimSpace(line)); m != nil && refused[m[1]] == "" {
			refused[m[1]] = m[2]
		}
	}
	accepted, used := 0, map[string]bool{}
	for i, doc := range docs {
		s := newScanner()
		_, err := scan(s, doc, whole)
		if err != nil {
			continue
		}
		accepted++
		said := refused[strconv.Itoa(i)]
		for _, e := range stricter {
			if strings.Contains(said, e.complaint) {
				used[e.complaint], said = true, ""
			}
		}
		assert.Empty(t, said, "%q", doc)
	}
	require.Greater(t, accepted, 100)
	for _, e := range stricter {
		assert.True(t, used[e.complaint], "no document shows this exception: %s", e.reason)
	}
	t.Logf("%d documents, %d accepted, %d refused by libxml2", len(docs), accepted, len(refused))
	require.Greater(t, len(refused), 100, "xmllint said nothing")
}

// interopDocuments are the corpus and mutants of it.
func interopDocuments() (docs [][]byte) {
	for _, doc := range corpus() {
		docs = append(docs, []byte(doc))
	}
	seeds := sound()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 4))
		docs = append(docs, mutate(r, []byte(seeds[r.IntN(len(seeds))])))
	}
	return docs
}
