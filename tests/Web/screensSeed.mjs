// What the demo leaves empty: API tests of its shop, what they share, and who may use them.

/** Made once; a second call finds it there. Returns the number of a batch whose rows have ended, and of a case. */
export async function seed(call, base) {
    const known = (await call('GET', '/api/v1/cases?query=put')).cases.find((one) => one.name === 'put into the cart');
    if (known) return { batch: (await call('GET', '/api/v1/batches?name=orders')).batches[0].id, item: known.id };

    const environment = await call('POST', '/api/v1/environments', { name: 'demo', variables: { base }, secrets: { token: 'a secret' } });
    const dataset = await call('POST', '/api/v1/datasets', {
        name: 'orders',
        types: { product: 'text', quantity: 'integer', goods: 'integer' },
        content:
            'product,quantity,goods\napple,1,45\napple,10,405\nbread,2,778\nbread,10,3501\ncheese,1,1275\ncheese,4,5100\nkettle,1,4990\nteapot,1,3333\n',
    });
    const make = (name, tags, spec) => call('POST', '/api/v1/cases', { name, folder: 'shop/carts', tags, spec });
    const open = await make('open a cart', ['smoke'], {
        request: { method: 'POST', url: '{{base}}/carts' },
        extract: [{ name: 'cart', jsonpath: '$.id' }],
        assert: [{ status: 201 }],
    });
    const put = await make('put into the cart', [], {
        request: {
            method: 'PUT',
            url: '{{base}}/carts/{{cart}}/items/{{product}}',
            headers: { Accept: 'application/json' },
            body: { json: { quantity: '{{quantity}}' } },
        },
        assert: [{ status: 201 }, 'time_ms < 500'],
    });
    const pay = await make('check out', [], {
        request: { method: 'POST', url: '{{base}}/carts/{{cart}}/checkout', body: { json: {} } },
        extract: [{ name: 'order', jsonpath: '$.id' }],
        assert: [{ status: 201 }, { jsonpath: '$.goods', equals: '{{goods}}' }],
    });
    await call('POST', '/api/v1/cases', {
        name: 'health',
        folder: 'shop',
        tags: ['smoke'],
        spec: { request: { url: '{{base}}/health' }, assert: [{ status: 200 }, { jsonpath: '$.status', equals: 'ok' }] },
    });
    const scenario = await call('POST', '/api/v1/scenarios', {
        name: 'buy something',
        folder: 'shop',
        spec: { steps: [open, put, pay].map(({ name }) => ({ case: name })) },
    });
    const request = { scenario_ids: [scenario.id], environment_id: environment.id, dataset_id: dataset.id, concurrency: 3 };
    await call('PUT', '/api/v1/resource-pools/phones', { size: 4, description: 'The four telephones in the rack' });
    await call('POST', '/api/v1/batch-schedules', { name: 'nightly', cron: '0 0 3 ? * *', time_zone: 'Asia/Shanghai', batch: request });
    await call('PUT', '/api/v1/folder-roles', { folder: 'shop/carts', person: '*', role: 'FOLDER_ROLE_RUNNER' });
    await call('PUT', '/api/v1/folder-roles', { folder: 'shop/carts', person: 'dev@example.com', role: 'FOLDER_ROLE_EDITOR' });
    const batch = await call('POST', '/api/v1/batches', { ...request, name: 'orders' });
    await until(async () => (await call('GET', `/api/v1/batches/${batch.id}`)).status === 'COMPLETED');
    return { batch: batch.id, item: put.id };
}

async function until(holds) {
    for (let n = 0; n < 300; n++) {
        if (await holds()) return;
        await new Promise((next) => setTimeout(next, 100));
    }
    throw new Error('The batch has not ended.');
}
