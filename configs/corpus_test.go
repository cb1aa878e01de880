package configs_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
)

// corpus holds public WCF samples; it is no part of the project.
const corpus = "../../shared/data/configs"

func TestLoadFile_samples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("samples/*.config")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			f, err := configs.LoadFile(name)
			require.NoError(t, err)
			assemble(f)
			require.NoError(t, f.Err())
			for _, x := range f.Findings() {
				assert.Contains(t, []configs.Effect{configs.Honoured, configs.Default}, x.Effect, "%v %s: %s", x.Pos, x.Path, x.Text)
			}
		})
	}
}

func TestLoadFile_corpus(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(corpus)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the corpus %s is not here", corpus)
	}
	require.NoError(t, err)
	good, bad, hosts, served := 0, 0, 0, 0
	for _, e := range entries {
		f, err := configs.LoadFile(filepath.Join(corpus, e.Name()))
		var errs configs.Errors
		if err != nil {
			require.ErrorAs(t, err, &errs, e.Name())
			for _, x := range errs {
				assert.NotZero(t, x.Pos.Line, "%s: %v", e.Name(), x)
				assert.NotEmpty(t, x.Text)
			}
			bad++
			t.Logf("%s:\n%v", e.Name(), err)
			continue
		}
		good++
		assemble(f)
		for _, x := range f.Findings() {
			assert.NotZero(t, x.Pos.Line, "%s: %v", e.Name(), x)
			assert.NotEqual(t, configs.Unconsumed, x.Effect, "%v %s", x.Pos, x.Text)
		}
		if opens(f) {
			hosts++
			if f.Err() == nil {
				served++
			}
		}
	}
	t.Logf("%d files: %d give a model, %d give errors with positions; %d have service endpoints, of which %d can be served as they are",
		len(entries), good, bad, hosts, served)
}

// opens reports whether the file has an endpoint to listen at.
func opens(f *configs.File) bool {
	for _, s := range f.Services {
		for _, ep := range s.Endpoints {
			if !ep.LeftOut() {
				return true
			}
		}
	}
	return false
}
