package jws_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// Secrets and HMACs are compared only in constant time. A clock could not show that, so the
// test reads the code.
func TestConstantTime(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "verifier.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{} // calls of hmac.Equal, by method
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv == nil {
			continue
		}
		if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); !ok || star.X.(*ast.Ident).Name != "hmacVerifier" {
			continue
		}
		calls[f.Name.Name] = 0
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					switch pkg, _ := sel.X.(*ast.Ident); {
					case pkg != nil && pkg.Name == "hmac" && sel.Sel.Name == "Equal":
						calls[f.Name.Name]++
					case pkg != nil && (pkg.Name == "bytes" || pkg.Name == "slices" || pkg.Name == "strings"):
						t.Errorf("%s calls %s.%s", f.Name.Name, pkg.Name, sel.Sel.Name)
					}
				}
			case *ast.BinaryExpr:
				if n.Op == token.EQL {
					t.Errorf("%s compares by ==", f.Name.Name)
				}
			}
			return true
		})
	}
	for _, method := range []string{"Verify", "IsFor"} {
		if calls[method] != 1 {
			t.Errorf("%s calls hmac.Equal %d times", method, calls[method])
		}
	}
}
