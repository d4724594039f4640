// Api prints what the module exports, without comments and bodies, so that a change of
// it shows in a diff: go run ./.ci/api PACKAGE-DIRECTORY…
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	for _, dir := range os.Args[1:] {
		lines, err := exported(dir)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("package %s\n\n%s\n", dir, strings.Join(lines, "\n"))
	}
}

// exported returns the declarations of the package in dir, in the order of their
// texts, which does not change when they move from one file to another.
func exported(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var texts []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution) // without comments
		if err != nil {
			return nil, err
		}
		if !ast.FileExports(file) {
			continue
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				f.Body = nil
				if f.Recv != nil && !ast.IsExported(receiver(f.Recv.List[0].Type)) {
					continue
				}
			}
			var text strings.Builder
			config := printer.Config{Mode: printer.UseSpaces, Tabwidth: 4}
			if err := config.Fprint(&text, fset, decl); err != nil {
				return nil, err
			}
			if !strings.HasPrefix(text.String(), "import ") {
				texts = append(texts, text.String()+"\n")
			}
		}
	}
	slices.Sort(texts)
	return texts, nil
}

// receiver returns the name of a receiver's type.
func receiver(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
