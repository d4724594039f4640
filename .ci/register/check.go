package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// rules is how many numbered rules there are.
const rules = 22

// check returns what is wrong with the form of a register.
func check(register []clause) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	known := []string{"HTTP"}
	for n := range rules {
		number := fmt.Sprint(n + 1)
		known = append(known, number)
		if !slices.ContainsFunc(register, func(c clause) bool { return c.rule == number }) {
			fault("rule %s has no clause", number)
		}
	}
	for _, c := range register {
		if !slices.Contains(known, c.rule) {
			fault("there is no rule %s, of which %q is a clause", c.rule, c.text)
		}
		if c.text == "" || len(c.proofs) == 0 {
			fault("the clause %q of rule %s has no text or no proof", c.text, c.rule)
		}
		for i, p := range c.proofs {
			if slices.ContainsFunc(c.proofs[:i], func(o proof) bool { return o.test == p.test }) {
				fault("%s proves %q twice", p.test, c.text)
			}
		}
	}
	return faults
}

// write puts the broken file beside j.place, and the overlay for it.
func (j *job) write() error {
	dir, declaration := splitAt(j.at)
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, node := range declared(tree, declaration) {
			from, to := fset.Position(node.Pos()).Offset, fset.Position(node.End()).Offset
			if n := strings.Count(string(text[from:to]), j.old); n != 1 || j.old == j.new {
				return fmt.Errorf("%s: its old text stands %d times in the declaration, or changes nothing", j, n)
			}
			broken := string(text[:from]) + strings.Replace(string(text[from:to]), j.old, j.new, 1) + string(text[to:])
			return j.overlay(file, broken)
		}
	}
	return fmt.Errorf("%s: there is no such declaration", j)
}

// splitAt parts the folder from the declaration: "internal/jws.memory.add".
func splitAt(at string) (dir, declaration string) {
	slash := strings.LastIndexByte(at, '/') + 1
	first, rest, _ := strings.Cut(at[slash:], ".")
	folder := at[:slash] + first
	if info, err := os.Stat(folder); err == nil && info.IsDir() && rest != "" {
		return folder, rest
	}
	return ".", at
}

// declared returns the node of a declaration: a function, a method as Type.Method, a type,
// a variable or a constant.
func declared(tree *ast.File, name string) (nodes []ast.Node) {
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if functionName(d) == name {
				nodes = append(nodes, d)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.Name == name {
						nodes = append(nodes, s)
					}
				case *ast.ValueSpec:
					if slices.ContainsFunc(s.Names, func(n *ast.Ident) bool { return n.Name == name }) {
						nodes = append(nodes, s)
					}
				}
			}
		}
	}
	return nodes
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	return t.(*ast.Ident).Name + "." + d.Name.Name
}
