/* CSV files: the input is the file, read as a data set. */
#include "fuzz.h"

#include "data/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dataset dataset;
    struct error error = {0};
    bool found = false;
    const enum status status = dataset_load(file_with(data, size), NULL, &dataset, &found, &error);
    expect_told(status, &error);
    if (status == STATUS_OK && found) {
        size_t labels = 0;
        for (size_t i = 0; i < dataset.train.count && dataset.train.labels; i++)
            labels += dataset.train.labels[i] < dataset.classes;
        EXPECT(!dataset.train.labels || labels == dataset.train.count);
        EXPECT(dataset.train.count > 0 && dataset.test.count > 0);
        EXPECT(dataset.train.pixels || dataset.train.values);
    }
    dataset_release(&dataset);
    return 0;
}
