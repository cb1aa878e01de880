package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// buildOptions decide what an assembly may leave out.
type buildOptions struct{ allowUnbound, lenient bool }

func (o *buildOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.allowUnbound, "allow-unbound", false, "leave services out for which nothing stands")
	f.BoolVar(&o.lenient, "lenient-endpoints", false, "leave endpoints out that cannot be served")
}

func (o *buildOptions) options() assemble.Options {
	return assemble.Options{AllowUnbound: o.allowUnbound, LenientEndpoints: o.lenient}
}

// loadFlags say which part of a configuration is meant, and what stands above it.
func loadFlags(f *pflag.FlagSet, o *configs.LoadOptions) {
	f.StringArrayVar(&o.Parents, "parent", nil, "a configuration file that FILE.config inherits from, outermost first; may be repeated")
	f.StringVar(&o.Root, "root", "", "directory above FILE.config: the web.config of each directory from there on is inherited from")
	f.StringVar(&o.Location, "location", "", "the directory below FILE.config whose settings count, e.g. admin/orders")
}

// isFile returns nil for a file that is neither a directory nor a device.
func isFile(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return fileError(name, err)
	case info.IsDir():
		return fmt.Errorf("%s is a directory; name the web.config or app.config in it", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	default:
		return nil
	}
}

// regular reports whether isFile has nothing against a file.
func regular(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// fileError says what is wrong with a file, without the name of the system call.
func fileError(name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// foundFiles are the configurations that a name means.
type foundFiles struct {
	names  []string
	unread []error // what was passed over because it could not be read
}

// configFiles gives the file itself, or the configurations in and below a
// directory.
func configFiles(name string) (foundFiles, error) {
	info, err := os.Stat(name)
	if err != nil {
		return foundFiles{}, fileError(name, err)
	}
	if !info.IsDir() {
		return foundFiles{names: []string{name}}, isFile(name)
	}
	var found foundFiles
	err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			found.unread = append(found.unread, fileError(path, err))
			return nil
		case d.IsDir() && path != name && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.EqualFold(filepath.Ext(path), ".config") || !regular(path):
			return nil
		}
		yes, err := declares(path)
		if err != nil {
			found.unread = append(found.unread, fileError(path, err))
		} else if yes {
			found.names = append(found.names, path)
		}
		return nil
	})
	if err == nil && len(found.names) == 0 && len(found.unread) == 0 {
		err = fmt.Errorf("%s: no .config file here or below declares system.serviceModel; name the file", name)
	}
	slices.Sort(found.names)
	return found, err
}

// longestConfig bounds what is searched; configs reads no longer file.
const longestConfig = 16 << 20 // octets

// declares reports whether a file mentions the section, in any encoding that
// configurations have.
func declares(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, longestConfig))
	return bytes.Contains(bytes.ReplaceAll(text, []byte{0}, nil), []byte("<system.serviceModel")), err
}
