// SPDX-License-Identifier: GPL-2.0
/* attach OBJECT PIN: loads the BPF program of an object file, attaches it, pins the link. */
#include <bpf/libbpf.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 3 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_link *link;

	if (!object || bpf_object__load(object))
		return perror("load"), 1;
	link = bpf_program__attach(bpf_object__next_program(object, NULL));
	if (!link || bpf_link__pin(link, argv[2]))
		return perror("attach"), 1;
	return 0;
}
