/* IDX files: the input is the file. */
#include "fuzz_arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    expect_idx(data, size);
    return 0;
}
