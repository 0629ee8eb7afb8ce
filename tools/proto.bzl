"""C++ code for a .proto file, by the system's protoc."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def proto_cc_library(name, src, **kwargs):
    """A library of the messages in x.proto: #include "x.pb.h" in its package.

    Args:
      name: the library's name.
      src: the .proto file, in this package; it imports no other.
      **kwargs: as for cc_library.
    """
    base = src[:-len(".proto")]
    outs = [base + ".pb.cc", base + ".pb.h"]
    native.genrule(
        name = name + "_code",
        srcs = [src],
        outs = outs,
        cmd = "protoc --proto_path=$$(dirname $<) --cpp_out=$(@D) $<",
        message = "Generating code for",
    )

    # Without our warnings: nobody here wrote it.
    cc_library(
        name = name,
        srcs = outs[:1],
        hdrs = outs[1:],
        deps = ["//third_party:protobuf"],
        **kwargs
    )
