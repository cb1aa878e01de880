package xmltext_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// fragments are what a mutation inserts: tokens and halves of tokens.
var fragments = []string{
	"<", ">", "/", "</", "/>", "=", "'", `"`, ":", "&", ";", "#", "]", "]]>", "-", "--", "-->", "<!--", "<![CDATA[", "<!DOCTYPE",
	"<?", "?>", "<?xml ", `<?xml version="1.0"?>`, " ", "\n", "\r", "\t", "x", "0", "\x00", "\x01", "\x80", "\xE2\x82", "\u20AC", "\uFFFE",
	"&amp;", "&#65;", "&#x1;", "&#0;", "&nope;", "<b>", "</b>", "<b/>", "<s:Body>", "</s:Body>", "<!-- c -->", "<![CDATA[x]]>",
	` a="1"`, ` a='2'`, ` xmlns="urn:1"`, ` xmlns:p="urn:1"`, ` xmlns:q="urn:1"`, ` xmlns:p=""`, ` p:a="1"`, ` q:a="1"`, ` xml:lang="en"`,
	"<p:b", "</p:b>", "xmlns", "p:", "\u00E9", "\u0300",
}

// mutate makes another document of doc, most of it still in place.
func mutate(r *rand.Rand, doc []byte) []byte {
	doc = slices.Clone(doc)
	for range 1 + r.IntN(2)*r.IntN(3) {
		i := r.IntN(len(doc) + 1)
		j := min(len(doc), i+r.IntN(12))
		switch r.IntN(5) {
		case 0:
			doc = slices.Delete(doc, i, j)
		case 1:
			doc = slices.Insert(doc, i, slices.Clone(doc[i:j])...)
		case 2:
			k := r.IntN(len(doc) + 1)
			doc = slices.Insert(doc, k, slices.Clone(doc[i:j])...)
		default:
			doc = slices.Insert(doc, i, []byte(fragments[r.IntN(len(fragments))])...)
		}
	}
	return doc
}

// sound gives the documents of the corpus that are well-formed.
func sound() (docs []string) {
	for _, doc := range corpus() {
		if _, why := slowRead([]byte(doc), xmltext.Limits{}); why == "" {
			docs = append(docs, doc)
		}
	}
	return docs
}

// TestScanner_Mutants compares scanner, oracle and both walks on documents that
// are nearly right, which blind fuzzing seldom finds.
func TestScanner_Mutants(t *testing.T) {
	t.Parallel()
	seeds := sound()
	accepted := 0
	for seed := range uint64(8000) {
		r := rand.New(rand.NewPCG(seed, 2))
		doc := mutate(r, []byte(seeds[r.IntN(len(seeds))]))
		limits := []xmltext.Limits{{}, small}[seed%2]
		want, why := slowRead(doc, limits)
		var first error
		for i, c := range []cuts{whole, octets, random(seed)} {
			s := new(xmltext.Scanner)
			s.Reset(limits)
			got, err := scan(s, doc, c)
			require.Equal(t, why == "", err == nil, "seed %d, oracle %q, scanner %v\n%q", seed, why, err, doc)
			require.Equal(t, want, got, "seed %d\n%q", seed, doc)
			if i == 0 {
				first = err
			}
			require.Equal(t, first, err, "seed %d, another chunking\n%q", seed, doc)
		}
		s := new(xmltext.Scanner)
		s.Reset(limits)
		full := walk(s.Walk(xmltext.WellFormed), doc, random(seed))
		require.Equal(t, first, full, "seed %d\n%q", seed, doc)
		if first == nil {
			accepted++
			require.NoError(t, walk(s.Walk(xmltext.Structure), doc, octets), "seed %d\n%q", seed, doc)
			compareStandard(t, doc)
		}
	}
	require.Greater(t, accepted, 100)
}

// TestWalk_Mutants starts both walks inside the envelope.
func TestWalk_Mutants(t *testing.T) {
	t.Parallel()
	seeds := sound()
	accepted := 0
	for seed := range uint64(8000) {
		r := rand.New(rand.NewPCG(seed, 3))
		doc := mutate(r, []byte(seeds[r.IntN(len(seeds))]))
		accepted += checkWalk(t, doc, r.IntN(9), seed)
	}
	require.Greater(t, accepted, 100)
}

// checkWalk compares both walks from behind some tokens of doc with the scanner
// that goes on from there, and returns 1 when they accept.
func checkWalk(t *testing.T, doc []byte, tokens int, seed uint64) int {
	t.Helper()
	s := new(xmltext.Scanner)
	s.Reset(small)
	root := false
	for range tokens {
		k, err := s.Next(doc, true)
		if err != nil || k == xmltext.End {
			return 0
		}
		root = root || k == xmltext.StartTag
	}
	from := s.Offset()
	full, shape := s.Walk(xmltext.WellFormed), s.Walk(xmltext.Structure)
	fullErr := walk(full, doc[from:], random(seed))
	shapeErr := walk(shape, doc[from:], octets)
	require.Equal(t, fullErr, walk(s.Walk(xmltext.WellFormed), doc[from:], whole), "%q", doc)
	require.Equal(t, shapeErr, walk(s.Walk(xmltext.Structure), doc[from:], whole), "%q", doc)
	structure, body, want := slowWalk(s, doc, root)
	switch {
	case structure:
		require.Equal(t, refusal.SOAPStructure, refusal.Of(fullErr), "%q", doc)
	case want != nil:
		require.Equal(t, want, fullErr, "%q", doc)
	default:
		require.NoError(t, fullErr, "%q", doc)
	}
	if fullErr != nil {
		return 0
	}
	require.NoError(t, shapeErr, "%d %q", tokens, doc)
	for _, w := range []*xmltext.Walk{full, shape} {
		at, ok := w.BodyEnd()
		require.Equal(t, body >= 0, ok, "%d %q", tokens, doc)
		if ok {
			require.Equal(t, body-from, int(at), "%q", doc)
		}
	}
	return 1
}

// slowWalk goes on with s: whether something stands between the end of Body and the
// end of Envelope, and where the end tag of Body is, before the error.
func slowWalk(s *xmltext.Scanner, doc []byte, root bool) (structure bool, body int, err error) {
	body = -1
	for {
		depth := s.Depth()
		if next := strings.TrimLeft(string(doc[s.Offset():]), " \t\r\n"); root && depth == 1 && next != "" {
			markup := len(next) == 1 || strings.ContainsAny(next[1:2], "/!?")
			if next[0] != '<' || !markup || strings.HasPrefix(next, "<![CDATA[") {
				return true, body, nil
			}
		}
		k, err := s.Next(doc, true)
		if err != nil || k == xmltext.End {
			return false, body, err
		}
		if root && k == xmltext.EndTag && depth == 2 {
			body = s.Token().Start
		}
	}
}
