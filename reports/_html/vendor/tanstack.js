// What the page takes of TanStack Table and TanStack Virtual, as one script.
export { constructTable, createSortedRowModel, rowSortingFeature, tableFeatures } from '@tanstack/table-core';
export { storeReactivityBindings } from '@tanstack/table-core/store-reactivity-bindings';
export { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from '@tanstack/virtual-core';
