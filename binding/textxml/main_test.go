package textxml_test

import (
	"os"
	"testing"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

func TestMain(m *testing.M) { os.Exit(buf.Main(m)) }
