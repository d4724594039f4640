package main

var register = []clause{
	{"13", "a KeyFunc returns eight keys at most", []proof{
		{"TestEligibleKeys", []mutant{{"takes any number of keys from a KeyFunc", "KeyFunc.Keys", `len(keys) > maxKeys`, `false`}}},
	}},
}
