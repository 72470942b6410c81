import { expect, test } from 'vitest';
import { choiceOf, noBatch, requestOf, runsNothing } from './batchChoice';
import { foldersOf, tagsOf } from './folders';
import { create } from '@bufbuild/protobuf';
import { CreateBatchRequestSchema } from '../gen/orbit/v1/api_batches_pb';

test('Folders are offered with those above them, each once', () => {
  expect(foldersOf([{ folder: 'shop/orders' }, { folder: '' }, { folder: 'shop/pay' }])).toEqual(['shop', 'shop/orders', 'shop/pay']);
  expect(tagsOf([{ tags: ['slow', 'pay'] }, { tags: ['pay'] }])).toEqual(['pay', 'slow']);
});

test('What a batch was asked for goes through the form and comes out the same', () => {
  const batch = create(CreateBatchRequestSchema, {
    caseIds: [1n],
    folder: 'shop',
    tag: 'smoke',
    environmentId: 2n,
    concurrency: 3,
    priority: -4,
    ratePerHost: 2.5,
    partRows: 100,
    partPauseS: 30,
    labels: { pool: 'lab' },
    adaptive: true,
  });
  expect(create(CreateBatchRequestSchema, requestOf(choiceOf(batch)))).toEqual(batch);
});

test('A batch needs something to run: cases, scenarios, a folder or a tag', () => {
  expect(runsNothing(noBatch)).toBe(true);
  expect(runsNothing({ ...noBatch, folder: ' ' })).toBe(true);
  expect(runsNothing({ ...noBatch, tag: 'smoke' })).toBe(false);
  expect(runsNothing({ ...noBatch, caseIds: ['1'] })).toBe(false);
});
