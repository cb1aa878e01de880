package proposal_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/viaduct-soap/viaduct/internal/proposal"
)

func ExampleMake() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "web.config")
	if err := os.WriteFile(file, []byte(services(orders)), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	p, err := proposal.Make(file, proposal.Options{Forward: "http://orders.internal/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s%d findings are left\n", p.YAML, len(p.Open))
	// Output:
	// # Settings for web.config, proposed by "viaduct init".
	// # What a WCF file has no words for stands here. Each entry is a decision of yours:
	// # read its reason, and change what is not what you want. "viaduct check" tells what
	// # becomes of every setting; all settings are explained in docs/settings.md.
	//
	// # What stands for the .NET classes. forward names a client endpoint of the file or a URL;
	// # builtin: echo answers each request with its own body, until a real service stands there;
	// # unused: true leaves the service out.
	// services:
	//   # web.config:1:56: nothing stands for service "Orders"
	//   - name: "Orders"
	//     forward: "http://orders.internal/"
	// 0 findings are left
}
