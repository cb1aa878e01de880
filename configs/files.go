package configs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// LoadOptions says what stands around a configuration file. The zero value
// means: nothing, and what the file says about its own directory counts.
type LoadOptions struct {
	// Parents are files that this one inherits from, outermost first, such as
	// machine.config and the web.config of the site (spec wcf-config 1.3).
	Parents []string
	// Root is a directory: the web.config of each directory from there down to
	// that of the file is a parent too. Nothing beyond it is read. "" = none.
	Root string
	// Location is a directory below that of the file, such as "admin/reports":
	// its settings count, out of location elements and nested web.config files.
	Location string
	// ChildApplication says that the file's directory is an application of its
	// own. Otherwise the outermost parent's directory is the application.
	ChildApplication bool
	// IIS hosts the services as IIS would; nil = self-hosted.
	IIS *IIS
}

// IIS is the application that the services are hosted in (spec
// wcf-addressing-dispatch 9). What the file itself says (serviceActivations,
// baseAddressPrefixFilters, multipleSiteBindingsEnabled) comes on top.
type IIS struct {
	Bindings    []iis.Binding    // of the site
	Application string           // "/shop"; "" = the root of the site
	Protocols   []string         // enabledProtocols; none = http and https
	Activations []iis.Activation // service files (.svc); LoadFile and Load add those of the directory
}

// Limits of what is looked through for service files.
const (
	maxEntries     = 20000
	maxServiceFile = 64 << 10
)

// reader reads the files of a configuration: of this machine or of a file
// system. Names are slash-separated in the latter.
type reader struct {
	fsys fs.FS // nil = this machine
	open []*os.Root
}

func (r *reader) close() {
	for _, x := range r.open {
		_ = x.Close() // it was read from only
	}
}

func (r *reader) read(name string) ([]byte, error) {
	if r.fsys != nil {
		return readRegular(r.fsys, name)
	}
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	return readRegular(os.DirFS(dir), base)
}

// under gives the file system of a directory; no link leads out of it
// (T-CFG-01).
func (r *reader) under(dir string) (fs.FS, error) {
	if r.fsys != nil {
		return fs.Sub(r.fsys, path.Clean(dir))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	r.open = append(r.open, root)
	return root.FS(), nil
}

func (r *reader) dir(name string) string {
	if r.fsys != nil {
		return path.Dir(name)
	}
	return filepath.Dir(name)
}

func (r *reader) join(parts ...string) string {
	if r.fsys != nil {
		return path.Join(parts...)
	}
	return filepath.Join(parts...)
}

// segments splits a directory into its names from the root on.
func (r *reader) segments(dir string) []string {
	if r.fsys == nil {
		if abs, err := filepath.Abs(dir); err == nil {
			dir = filepath.ToSlash(abs)
		}
	}
	return split(path.Clean(dir))
}

// split gives the names of a slash-separated path.
func split(dir string) []string {
	var out []string
	for s := range strings.SplitSeq(dir, "/") {
		if s != "" && s != "." {
			out = append(out, s)
		}
	}
	return out
}

// readRegular reads a file that is neither a device nor a pipe nor too large.
func readRegular(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

// plain is the reason of a file error without the path, which the position
// names already.
func plain(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return "cannot read the file: " + err.Error()
}

// webConfig is the name that web.config has in a directory, in whatever letter
// case; "" = there is none.
func webConfig(fsys fs.FS, dir string) string {
	entries, err := fs.ReadDir(fsys, path.Join(".", dir))
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), "web.config") && !e.IsDir() {
			return e.Name()
		}
	}
	return ""
}

// serviceFiles finds the service files of an application (dispatch 9.5).
func serviceFiles(fsys fs.FS, dir string) []iis.Activation {
	var out []iis.Activation
	count := 0
	_ = fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		count++
		switch {
		case count > maxEntries:
			return fs.SkipAll
		case err != nil && e != nil && e.IsDir():
			return fs.SkipDir
		case err == nil && !e.IsDir() && strings.EqualFold(path.Ext(name), ".svc"):
			if a, ok := serviceFile(fsys, name); ok {
				a.Pos = source.Pos{File: path.Join(filepath.ToSlash(dir), name), Line: 1}
				out = append(out, a)
			}
		}
		return nil
	})
	return out
}

// serviceFile reads one; what cannot be read activates nothing.
func serviceFile(fsys fs.FS, name string) (iis.Activation, bool) {
	f, err := fsys.Open(name)
	if err != nil {
		return iis.Activation{}, false
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxServiceFile))
	if err != nil {
		return iis.Activation{}, false
	}
	service, factory, err := iis.ParseServiceFile(data)
	return iis.Activation{Path: name, Service: service, Factory: factory}, err == nil
}
