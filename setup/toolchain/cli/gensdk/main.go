// Command gensdk writes the TypeScript sources of a Pulumi package's SDK, given its schema.
//
//	gensdk SCHEMA.json OUT_DIR
//
// It does what `pulumi package gen-sdk --language nodejs` does. That command asks the language host, and the only
// one that implements it comes with Pulumi's own binaries; the generator itself is in the CLI's module.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gensdk SCHEMA.json OUT_DIR")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gensdk:", err)
		os.Exit(1)
	}
}

// generate reads the schema and writes one file for each resource, function and type below outDir, which need not exist.
func generate(schemaFile, outDir string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("%s is not a package schema: %w", schemaFile, err)
	}
	pkg, diags, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return fmt.Errorf("%s: %w", schemaFile, err)
	}
	if diags.HasErrors() {
		return fmt.Errorf("%s: %w", schemaFile, diags)
	}
	// A package to be linked into a project ("local SDK"), without extra files, local dependencies or other schemas.
	files, err := nodejs.GeneratePackage("lvs-lab", pkg, nil, nil, true, nil)
	if err != nil {
		return err
	}
	for name, content := range files {
		file := filepath.Join(outDir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
