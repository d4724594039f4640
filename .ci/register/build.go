package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A job is a mutant with the test that must notice it.
type job struct {
	mutant
	test testName
	id   int // of the mutant in the binaries, from 1; 0 if it has binaries of its own
	dir  string
}

func (j *job) String() string { return fmt.Sprintf("%s: %s, by %s", j.at, j.does, j.test) }

// A declaration is a function, a type, a variable or a constant.
type declaration struct {
	file     string
	from, to int           // its place in the file
	function *ast.FuncDecl // nil for the others
	text     string
}

// A source is the package that declares what mutants change.
type source struct {
	module string // the folder of its go.mod
	texts  map[string][]byte
	fset   *token.FileSet
	trees  map[string]*ast.File
}

func readSource(dir string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	s := &source{module: moduleOf(dir), texts: map[string][]byte{}, fset: token.NewFileSet(), trees: map[string]*ast.File{}}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if s.texts[file], err = os.ReadFile(file); err != nil {
			return nil, err
		}
		if s.trees[file], err = parser.ParseFile(s.fset, file, s.texts[file], parser.SkipObjectResolution); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// moduleOf returns the nearest folder with a go.mod.
func moduleOf(dir string) string {
	for ; dir != "."; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return dir
}

// find returns the declaration of that name: "Function", "Type.Method", "Type", "variable".
func (s *source) find(name string) (found *declaration) {
	at := func(file string, node ast.Node, f *ast.FuncDecl) {
		from, to := s.fset.Position(node.Pos()).Offset, s.fset.Position(node.End()).Offset
		found = &declaration{file, from, to, f, string(s.texts[file][from:to])}
	}
	for file, tree := range s.trees {
		for _, decl := range tree.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if functionName(d) == name {
					at(file, d, d)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.Name == name {
							at(file, spec, nil)
						}
					case *ast.ValueSpec:
						if slices.ContainsFunc(spec.Names, func(n *ast.Ident) bool { return n.Name == name }) {
							at(file, spec, nil)
						}
					}
				}
			}
		}
	}
	return found
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

// splitAt parts the folder from the declaration: "internal/jws.memory.add".
func splitAt(at string) (dir, name string) {
	slash := strings.LastIndexByte(at, '/') + 1
	first, rest, _ := strings.Cut(at[slash:], ".")
	folder := at[:slash] + first
	if info, err := os.Stat(folder); err == nil && info.IsDir() && rest != "" {
		return folder, rest
	}
	return ".", at
}

// An overlay is what go build reads in place of the files on disk.
type overlay map[string]string

func (o overlay) write(place string) error {
	replace := map[string]string{}
	n := 0
	for file, text := range o {
		absolute, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		copied := fmt.Sprintf("%s.%d.go", place, n)
		n++
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return err
		}
		replace[absolute] = copied
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(place+".json", text, 0o600)
}

// switchFile holds the number of the mutant that runs, 0 for the code as it is.
const switchFile = "internal/mutant/mutant.go"

const switchText = `package mutant

import (
	"os"
	"strconv"
)

var N, _ = strconv.Atoi(os.Getenv("MUTANT"))
`

// instrument returns the sources with all mutants of functions in them: each function calls
// the variant of the mutant that runs. So one build serves all of these, and a mutant takes
// no longer than its test. Mutants of other declarations get an overlay of their own: they
// keep the id 0.
func instrument(jobs []job) (overlay, []string) {
	sources := map[string]*source{}
	byFunction := map[string][]int{}
	var faults []string
	for i := range jobs {
		j := &jobs[i]
		dir, name := splitAt(j.at)
		j.dir = dir
		s := sources[dir]
		if s == nil {
			var err error
			if s, err = readSource(dir); err != nil {
				faults = append(faults, fmt.Sprintf("%s: %v", j, err))
				continue
			}
			sources[dir] = s
		}
		d := s.find(name)
		if d == nil {
			faults = append(faults, fmt.Sprintf("%s: there is no such declaration", j))
			continue
		}
		if n := strings.Count(d.text, j.old); n != 1 || j.old == j.new {
			faults = append(faults, fmt.Sprintf("%s: its old text is %d times in the declaration, or changes nothing", j, n))
			continue
		}
		if d.function != nil {
			j.id = i + 1
			byFunction[dir+"\x00"+name] = append(byFunction[dir+"\x00"+name], i)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	o := overlay{switchFile: switchText}
	texts := map[string]string{} // appended to a file
	edits := map[string]map[int]string{}
	for key, indices := range byFunction {
		dir, name, _ := strings.Cut(key, "\x00")
		s := sources[dir]
		d := s.find(name)
		rename := s.fset.Position(d.function.Name.End()).Offset
		if edits[d.file] == nil {
			edits[d.file] = map[int]string{}
		}
		edits[d.file][rename] = "__as_it_is"
		texts[d.file] += s.dispatcher(d, indices)
		for _, i := range indices {
			broken := d.text[:rename-d.from] + fmt.Sprintf("__%d", i+1) + d.text[rename-d.from:]
			// The name and the old text do not overlap: no mutant changes the name.
			texts[d.file] += "\n" + strings.Replace(broken, jobs[i].old, jobs[i].new, 1) + "\n"
		}
	}
	for file, more := range texts {
		dir := filepath.Dir(file)
		s := sources[dir]
		text := string(s.texts[file])
		places := slices.Sorted(maps.Keys(edits[file]))
		slices.Reverse(places)
		for _, at := range places {
			text = text[:at] + edits[file][at] + text[at:]
		}
		end := s.fset.Position(s.trees[file].Name.End()).Offset
		o[file] = text[:end] + "\n\nimport mutant__ \"github.com/jwthttp/jwthttp/internal/mutant\"\n" + text[end:] + more
	}
	return o, nil
}

// dispatcher returns a function with the name and the signature of d that calls one of the
// variants.
func (s *source) dispatcher(d *declaration, indices []int) string {
	f := d.function
	at := func(node ast.Node) string {
		return string(s.texts[d.file][s.fset.Position(node.Pos()).Offset:s.fset.Position(node.End()).Offset])
	}
	var params, args, types []string
	n := 0
	for _, field := range f.Type.Params.List {
		for range max(len(field.Names), 1) {
			name := fmt.Sprintf("p%d", n)
			n++
			params = append(params, name+" "+at(field.Type))
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			args = append(args, name)
		}
	}
	typeParams, typeArgs, receiver, call := "", "", "", ""
	if f.Type.TypeParams != nil {
		typeParams = at(f.Type.TypeParams)
		for _, field := range f.Type.TypeParams.List {
			for _, name := range field.Names {
				types = append(types, name.Name)
			}
		}
		typeArgs = "[" + strings.Join(types, ", ") + "]"
	}
	if f.Recv != nil {
		receiver, call = "(recv "+at(f.Recv.List[0].Type)+") ", "recv."
	}
	results, give := "", ""
	if f.Type.Results != nil {
		results, give = " "+at(f.Type.Results), "return "
	}
	variant := func(suffix string) string {
		return fmt.Sprintf("%s%s%s__%s%s(%s)", give, call, f.Name.Name, suffix, typeArgs, strings.Join(args, ", "))
	}
	text := fmt.Sprintf("\nfunc %s%s%s(%s)%s {\n\tswitch mutant__.N {\n", receiver, f.Name.Name, typeParams, strings.Join(params, ", "), results)
	for _, i := range indices {
		text += fmt.Sprintf("\tcase %d:\n\t\t%s\n", i+1, variant(fmt.Sprint(i+1)))
		if give == "" {
			text += "\t\treturn\n"
		}
	}
	return text + "\t}\n\t" + variant("as_it_is") + "\n}\n"
}

// compile builds the tests of a folder with an overlay, and returns the binary.
func compile(dir, place string) (string, error) {
	module := moduleOf(dir)
	inside, err := filepath.Rel(module, dir)
	if err != nil {
		return "", err
	}
	binary := place + "." + strings.ReplaceAll(dir, "/", "_") + ".test"
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay="+place+".json", "-o", binary, "./"+filepath.ToSlash(inside))
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s", out)
	}
	return binary, nil
}
