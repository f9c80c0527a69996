#include "data/catalogue.h"

#include "base/names.h"
#include "base/text.h"

/* NIST's six sets lie in one folder; a prefix tells their files apart. Their images are stored
 * column by column. */
#define EMNIST(PART, ALSO)                                                                         \
    .name = "emnist_" PART, .prefix = "emnist-" PART "-",                                          \
    .changes = "images transposed upright" ALSO,                                                   \
    .origin = "torchvision.datasets.EMNIST('~/data', '" PART "', download=True)",                  \
    .layouts = {"emnist", "EMNIST/raw", "EMNIST", "emnist/gzip", "gzip", ""}, .transposed = true
#define COLOUR .refusal = "has colour images, and only grey ones can be read"

const struct catalogue_entry catalogue[] = {
    {.name = "mnist",
     .about = "the MNIST database: handwritten digits, 60000 + 10000",
     .origin = "keras.datasets.mnist.load_data()",
     /* as it is kept here, as the bare files, as torchvision and as Keras keep it */
     .layouts = {"mnist", "", "MNIST/raw", "mnist.npz"},
     .published = true},
    {.name = "digits", .about = "digits that the program draws itself, 60000 + 10000"},
    {.name = "fashion_mnist",
     .about = "Fashion-MNIST: clothes, ten kinds, 60000 + 10000",
     .origin = "keras.datasets.fashion_mnist.load_data()",
     .layouts = {"fashion_mnist", "fashion-mnist", "FashionMNIST/raw", "fashion_mnist/raw",
                 "fashion_mnist.npz", "fashion-mnist.npz"}},
    {.name = "kmnist",
     .aliases = {"kuzushiji_mnist"},
     .about = "Kuzushiji-MNIST: ten cursive Japanese characters, 60000 + 10000",
     .origin = "torchvision.datasets.KMNIST('~/data', download=True)",
     .layouts = {"kmnist", "KMNIST/raw", "kmnist/raw", "kmnist.npz"}},
    {EMNIST("balanced", ""),
     .about = "EMNIST: letters and digits, 47 even classes, 112800 + 18800"},
    {EMNIST("byclass", ""), .about = "EMNIST: letters and digits, 62 classes, 697932 + 116323"},
    {EMNIST("bymerge", ""), .about = "EMNIST: letters and digits, 47 classes, 697932 + 116323"},
    {EMNIST("digits", ""), .about = "EMNIST: digits, 240000 + 40000"},
    {EMNIST("letters", ", labels counted from 0: a is 0, z is 25"),
     .about = "EMNIST: letters, 26 classes, 124800 + 20800", .from_one = true},
    {EMNIST("mnist", ""), .about = "EMNIST: digits, cut out as MNIST's are, 60000 + 10000"},
    {.name = "emnist",
     .refusal = "is six data sets; name one of emnist_balanced, emnist_byclass, emnist_bymerge, "
                "emnist_digits, emnist_letters, emnist_mnist"},
    {.name = "cifar10", .aliases = {"cifar"}, COLOUR},
    {.name = "cifar100", COLOUR},
    {.name = "svhn", COLOUR},
    {.name = "imagenet", COLOUR},
};
const size_t catalogue_count = sizeof catalogue / sizeof *catalogue;

const struct catalogue_entry *catalogue_find(const char *name) {
    return NAMES_FIND_LIKE(catalogue, catalogue_count, name);
}

const char *catalogue_nearest(const char *name) {
    const char *names[sizeof catalogue / sizeof *catalogue];
    size_t count = 0;
    for (size_t i = 0; i < catalogue_count; i++)
        if (catalogue[i].about)
            names[count++] = catalogue[i].name;
    return text_nearest(name, names, count);
}
