#include "data/catalogue.h"

#include "base/names.h"
#include "base/text.h"

#include <string.h>

/* NIST's six sets lie in one folder; a prefix tells their files apart. Their images are stored
 * column by column. */
#define EMNIST(PART, ALSO)                                                                         \
    .name = "emnist_" PART, .own = {.prefix = "emnist-" PART "-"},                                 \
    .changes = "images transposed upright" ALSO,                                                   \
    .origin = "torchvision.datasets.EMNIST('~/data', '" PART "', download=True)",                  \
    .layouts = {"emnist", "EMNIST/raw", "EMNIST", "emnist/gzip", "gzip", ""}, .transposed = true,  \
    .handwriting = true
#define COLOUR .refusal = "has colour images, and only grey ones can be read"

const struct catalogue_entry catalogue[] = {
    {.name = "mnist",
     .about = "the MNIST database: handwritten digits, 60000 + 10000",
     .origin = "keras.datasets.mnist.load_data()",
     /* as it is kept here, as the bare files, as torchvision and as Keras keep it */
     .layouts = {"mnist", "", "MNIST/raw", "mnist.npz"},
     .handwriting = true,
     .title = "MNIST",
     .published = {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                   "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                   "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                   "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}},
    {.name = "digits",
     .about = "digits that the program draws itself, 60000 + 10000",
     .handwriting = true},
    {.name = "fashion_mnist",
     .about = "Fashion-MNIST: clothes, ten kinds, 60000 + 10000",
     .origin = "keras.datasets.fashion_mnist.load_data()",
     .package = "dataset-fashion-mnist",
     .layouts = {"fashion_mnist", "fashion-mnist", "FashionMNIST/raw", "fashion_mnist/raw",
                 "fashion_mnist.npz", "fashion-mnist.npz"},
     .title = "Fashion-MNIST",
     .published = {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                   "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                   "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                   "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}},
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
    {.name = "qmnist",
     .about = "QMNIST: MNIST made again from NIST's images, with all test images, 60000 + 60000",
     .origin = "[torchvision.datasets.QMNIST('~/data', w, download=True) for w in ('train', "
               "'test')]",
     .layouts = {"qmnist", "QMNIST/raw", "qmnist/raw", ""},
     .own = {.prefix = "qmnist-", .wide_labels = true},
     .handwriting = true},
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

const struct catalogue_entry *catalogue_found(const char *name, const char *source) {
    const struct catalogue_entry *entry = catalogue_find(name);
    const bool drawn = strcmp(source, CATALOGUE_BUILT_IN) == 0;
    return entry && entry->about && catalogue_is_built_in(entry) == drawn ? entry : NULL;
}

static bool is_published(const struct catalogue_entry *entry, const struct source *source) {
    for (size_t i = 0; i < SOURCE_PARTS; i++)
        if (!entry->title || strcmp(entry->published[i], source->parts[i].digest.hex) != 0)
            return false;
    return true;
}

const struct catalogue_entry *catalogue_published(const struct source *source) {
    for (size_t i = 0; i < catalogue_count; i++)
        if (is_published(&catalogue[i], source))
            return &catalogue[i];
    return NULL;
}

const char *catalogue_nearest(const char *name) {
    const char *names[sizeof catalogue / sizeof *catalogue];
    size_t count = 0;
    for (size_t i = 0; i < catalogue_count; i++)
        if (catalogue[i].about)
            names[count++] = catalogue[i].name;
    return text_nearest(name, names, count);
}
